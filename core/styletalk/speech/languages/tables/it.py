# SPDX-License-Identifier: Apache-2.0
"""Italian."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeiouàèéìòóù", "E": "eièéì"},
    rules="""
    c'=tʃ ^gli$=ʎ.i ^hanno$=a.n.o cci(?=[aouàòùe])=tʃ sci(?=[aouàòù])=ʃ sc(?=E)=ʃ sch=s.k ci(?=[aouàòùe])=tʃ
    cc?(?=E)=tʃ cch=k ch=k cqu=k.w cc=k c=k ggi(?=[aouàòù])=dʒ gi(?=[aouàòùe])=dʒ gg?(?=E)=dʒ gli(?=V)=ʎ gli$=ʎ.i
    gli=ʎ.i gn=ɲ ggh?=ɡ gh=ɡ g=ɡ qu=k.w q=k zz=t.s z=t.s h= j=j b+=b d+=d f+=f k=k l+=l m+=m n+=n p+=p r+=ɾ s+=s t+=t
    v+=v w=w x=k.s y(?=V)=j y=i i(?=[aeoàèéòóuù])=j u(?=[aeoàèéòóiì])=w (?<=[aeoàèéòó])i(?!V)=ɪ
    (?<=[aeoàèéòó])u(?!V)=ʊ a=a à=a e=e è=ɛ é=e i=i ì=i í=i o=o ò=ɔ ó=o u=u ù=u ú=u
    """,
    letter_names="a bi ci di e effe gi acca i ilunga cappa elle emme enne "
    "o pi cu erre esse ti u vu doppiavu ics ipsilon zeta",
    signs={"%": "per cento", "€": "euro", "$": "dollari", "£": "sterline", "&": "e", "+": "più", "°": "gradi"},
    decimal_sign="virgola",
)
