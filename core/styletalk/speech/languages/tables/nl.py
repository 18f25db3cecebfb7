# SPDX-License-Identifier: Apache-2.0
"""Dutch."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeiouyáéíóúàèëïöü", "C": "bcdfghjklmnpqrstvwxz", "E": "eiyéè"},
    words="""
    het=ët er=ër een=ën één=een de=dë je=jë we=wë ze=zë me=më te=të terug=tërug tegen=teegën dezelfde=dëzelfdë
    jezelf=jëzelf mezelf=mëzelf zichzelf=zichzelf zowel=zowèl team=tiem moment=momènt politie=polietsie
    facebook=feesboek computer=kompjoeter restaurant=restoran
    """,
    rules="""
    ^be(?=C+V)(?!C{1,2}e[nrlstm]*$)=b.ə ^ge(?=C+V.)(?!C{1,2}e[nrlstm]*$)=x.ə ^ver(?!d?er|s?$|f$)=v.ə.ɾ
    ^te(?=rug|g?en)=t.ə sch(?=e?$)=s sch=s.x ch=x ck=k c(?=E)=s c=k ng=ŋ n(?=k)=ŋ nn=n n=n sj=ʃ tj=t.j
    tie(?=s?$)=t.s.i ti(?=o)=ʃ th=t tt=t dt=t t=t bb=b b$=p b=b dd=d d$=t d=d ff=f f=f gg=x g=x h=h j=j kk=k k=k ll=l
    l=l mm=m m=m ph=f pp=p p=p qu=k.v rr=ɾ r=ɾ ss=s s=s v=v w=ʋ x=k.s zz=z z=z aai=a.ɪ ooi=o.ɪ oei=u.ɪ eeuw=e.u
    ieuw=i.u uw=y.u auw=aʊ ouw=aʊ ou=aʊ au=aʊ (?<=el)ij(?=k)=ə (?<=[^eaoui]l)ij(?=k)=ə (?<=[iu]l)ij(?=k)=ə ij=eɪ ei=eɪ
    ui=œ.ʏ eu=ø oe=u ie=i ieë=i aa=a ee=e oo=o uu=y ée=e
    (?:(?<=V.)|(?<=V..)|(?<=V...))e(?=n?$|[lr]s?$|[mn][dt]?$|s$|[mnrl].)=ə ig(?=e?$)=ə.x a(?=CV|$)=a a=ɑ e(?=CV|$)=e
    e=ɛ i(?=CV|$)=i i=ɪ o(?=CV|$)=o o=ɔ u(?=CV|$)=y u=ɵ y=i á=a é=e è=ɛ ë=ə ï=i í=i ó=o ö=o ü=y ú=y à=a
    """,
    letter_names="a bee see dee ee ef gee haa ie jee kaa el em en oo pee kuu er es tee uu vee wee iks ij zet",
    signs={"%": "procent", "€": "euro", "$": "dollar", "£": "pond", "&": "en", "+": "plus", "°": "graden"},
    decimal_sign="komma",
)
