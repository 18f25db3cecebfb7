# SPDX-License-Identifier: Apache-2.0
"""German."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeiouäöüyáàâéèêíóôúëï", "C": "bcdfghjklmnpqrstvwxzß", "E": "eiäöüyéè"},
    words="""
    der=dea er=eea wer=weea dem=deem den=deen wem=weem wen=ween eher=eea daher=dahea vorher=vorhea nachher=nahchhea
    woher=wohea bisher=bishea ihr=iia nachdem=nahchdeem außerdem=außadeem trotzdem=trotzdeem problem=probleem
    system=süsteem chef=schef restaurant=restorang saison=säsong garage=garasche familie=familije computer=kompjuta
    team=tiem handy=händi job=dschob
    """,
    rules="""
    ^or(?=ange)=o.ʁ ^be(?=[bdfghjklmnpqrstvwz]+V.)(?!C{1,2}e[nrlstm]*$|r[bgkln])=b.ə
    ^ge(?=[bdfghjklmnpqrstvwz]+V.)(?!C{1,2}e[nrlstm]*$)=ɡ.ə tsch=tʃ sch=ʃ chs=k.s (?<=[aou])ch=x ^ch(?=[rloa])=k ch=ç
    ck=k c(?=E)=t.s c=k ^sp=ʃ.p ^st=ʃ.t ss=s ß=s s(?=V)=z s=s tz=t.s t(?=ion|iell|ient)=t.s th=t tt=t dt=t t=t zz=t.s
    z=t.s ph=f pf=p.f ff=f f=f pp=p p=p bb=b b$=p b=b dd=d d$=t d=d ^v(?=or|er|iel|oll|ier|ater|olk|ogel)=f v$=f v=v
    w=v qu=k.v kk=k k=k gg=g ng=ŋ n(?=k)=ŋ (?<=i)g$=ç g$=k g=g nn=n n=n mm=m m=m ll=l l=l j=j x=k.s ^h=h (?<=V)h(?!V)=
    (?<=V)h(?=(?:e|en|t|st)?$)= h=h rh=ʁ rr=ʁ (?<=V)er$=ɐ er$=ɐ ern$=ɐ.n ers$=ɐ.s ert$=ɐ.t erte=ɐ.t.ə ^ver=f.ɛ.ɐ
    ^er(?=C)=ɛ.ɐ ^zer=t.s.ɛ.ɐ (?<=[aäeiouöüh])r(?!V)=ɐ r=ʁ eau=o äu=ɔʏ eu=ɔʏ au=aʊ ei=aɪ ai=aɪ ey=aɪ ay=aɪ ie$=i ie=i
    ier=i.ɐ aa=a ee=e oo=o ou=u ä=ɛ ö=ø ü=y y$=i y=y é=e è=ɛ ê=ɛ á=a à=a ô=o
    (?<=..)e(?=[mns]?$|nd?e?[nrs]?$|[ls][tn]?$|re|te[nr]?$|lt$)=ə a=a e=ɛ i=ɪ o(?=CC)=ɔ o=o u=ʊ
    """,
    letter_names="a be ze de e ef ge ha i jott ka el em en o pe ku er es te u fau we ix üpsilon zett",
    signs={"%": "Prozent", "€": "Euro", "$": "Dollar", "£": "Pfund", "&": "und", "+": "plus", "°": "Grad"},
    decimal_sign="Komma",
)
