# SPDX-License-Identifier: Apache-2.0
"""French. Liaisons are left out: lips do not show a z, t or n between two words. The mute e is a rounded ø."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={
        "V": "aàâeéèêëiîïoôuùûüyœ",
        "E": "eéèêëiîïy",
        "C": "bcçdfghjklmnpqrstvwxz",
        "N": "aàâeéèêëiîïoôuùûüyœnmh",
    },
    words="""
    les=lé des=dé mes=mé tes=té ses=sé ces=sé es=ê est=ê et=é eu=û eus=û eut=û le=leu de=deu je=jeu ne=neu me=meu
    te=teu se=seu ce=seu que=queu femme=fame femmes=fame monsieur=meussieu messieurs=méssieu six=sisse dix=disse
    fils=fisse août=oû pays=péi sept=sète vingt=vin corps=core temps=tan gens=jan sens=sansse chez=ché net=nète
    hier=ière mer=mère mers=mère cher=chère chers=chère second=segon seconde=segonde clef=clé huit=uite ouest=oueste
    fer=fère hiver=ivère enfer=anfère examen=éxamin fier=fière donc=donque cet=cète but=bute sud=sude
    internet=internète super=supère vers=vère travers=travère univers=univère jean=jan compte=conte août=oute gars=ga
    août=oute tous=tou plus=plu peuvent=peuve doivent=doive veulent=veule ville=vile villes=vile mille=mile
    tranquille=tranquile parlent=parle famille=famiye septembre=sètembre
    """,
    rules="""
    c'=s aient$=ɛ (?<=[vt])ient$=j.ɛ̃
    (?:(?<=[^i]m)|(?<=[^nr][cd])|(?<=[^n]g)|(?<=^[cdlv])|(?<=ouv)|(?<=[ao]l)|(?<=ell|rés|abs))ent(?=s?$)=ɑ̃ ent$=
    (?<=i)en(?=[sdt]?$)=ɛ̃ (?<=[éy])en(?=s?$)=ɛ̃ (?<=^m)illi=i.l.j eaux?=o aux?=o ou(?=[aeéèio])=w où=u oû=u ou=u
    oin=w.ɛ̃ oî=w.a oi=w.a oy(?=V)=w.a.j aill=a.j ail(?=s?$)=a.j eill=ɛ.j eil(?=s?$)=ɛ.j e?uill=œ.j euil(?=s?$)=œ.j
    ueil=œ.j œil=œ.j (?<=ou)ill=j (?<=C)ill=i.j ain(?!N)=ɛ̃ aim$=ɛ̃ aî=ɛ ai=ɛ ay(?=V)=ɛ.j ay=ɛ ein(?!N)=ɛ̃ ei=ɛ ey=ɛ œu=œ
    eû=ø eu=ø œ=ø emm(?=en)=ɑ̃.m enn(?=ui)=ɑ̃.n [ae]n(?!N)=ɑ̃ [ae]m(?=[bp])=ɑ̃ i[nm](?!N)=ɛ̃ y[nm](?=C)=ɛ̃ o[nm](?!N)=ɔ̃
    un(?!N)=œ̃ um(?=[bp]|$)=œ̃ uin=y.ɛ̃ ui=y.i uy(?=V)=y.i.j er(?=s?$)=e ez$=e et(?=s?$)=ɛ ieds?$=j.e ^de(?=ss|v)=d.ø
    ^res(?=s)=ʁ.ø ^re(?=C)=ʁ.ø ^fai(?=s[ao])=f.ø es?$= (?<=g)e(?=[aou])= e(?=xC)=ɛ e(?=x)=ɛ e(?=[bcdfghkpt][rl])=ø
    e(?=CC)=ɛ e(?=[crflm]$)=ɛ (?<=V[dlmnprstv])e(?=[dlmnrtv]V)= (?<=[nlp][tlp])e(?=[mnr]V)= (?<=ch)e(?=[mtv]V)= e=ø
    é=e è=ɛ ê=ɛ ë=ɛ a=a à=a â=a i(?=V)=j î=i ï=i i=i o=ɔ ô=o u(?=[aeéèio])=y u=y û=y ù=y ü=y y(?=V)=j y=i bb=b b=b
    cc(?=E)=k.s cc=k ch(?=[rlnt])=k ch=ʃ ç=s c(?=E)=s (?<=n)cs?$= cqu=k ck=k cs$=k c=k dd=d ds?$= d=d ff=f fs$=f f=f
    gn=ɲ gu(?=E)=ɡ gt?s?$= gg=ɡ g(?=E)=ʒ g=ɡ h= j=ʒ k=k ll=l l=l mm=m m=m nn=n n=n ph=f pp=p ps?$= p=p qu=k q=k rr=ʁ
    rds?$=ʁ rts?$=ʁ rs$=ʁ r=ʁ ss=s sc(?=E)=s sch=ʃ (?<=V)s(?=V)=z s$= s=s (?<!s)t(?=ion|iel|ieux)=s tch=tʃ tt=t ts?$=
    th=t t=t v=v w=w (?<=^e)x(?=V)=ɡ.z x$= x=k.s z$= z=z
    """,
    letter_names="a bé cé dé eu èfe gé ache i ji ka èle ème ène o pé ku ère èsse té u vé doublevé ixe igrec zède",
    signs={"%": "pour cent", "€": "euros", "$": "dollars", "£": "livres", "&": "et", "+": "plus", "°": "degrés"},
    decimal_sign="virgule",
)
