# SPDX-License-Identifier: Apache-2.0
"""Spanish, as in Spain; where Latin America says s for θ the lips look alike."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeiouáéíóúü", "E": "eiéí"},
    rules="""
    ^y$=i ch=tʃ ll=ʎ rr=ɾ qu=k gu(?=E)=ɡ gü=ɡ.w g(?=E)=x g=ɡ c(?=E)=θ c=k z=θ ñ=ɲ hu(?=V)=w ^hi(?=e)=j h= j=x v=b b=b
    d=d f=f k=k l=l m=m nv=m.b n=n ph=f p=p r=ɾ sh=ʃ s=s t=t w=w x=k.s ç=s y$=i y(?!V)=i y=j i(?=[aeoáéóuú])=j
    u(?=[aeoáéóií])=w (?<=[aeoáéó])[iy]=ɪ (?<=[aeoáéó])u(?!V)=ʊ a=a á=a e=e é=e i=i í=i ï=i o=o ó=o u=u ú=u ü=u à=a
    è=e ò=o
    """,
    letter_names="a be ce de e efe ge hache i jota ka ele eme ene "
    "o pe cu erre ese te u uve uvedoble equis igriega zeta",
    signs={"%": "por ciento", "€": "euros", "$": "dólares", "£": "libras", "&": "y", "+": "más", "°": "grados"},
    decimal_sign="coma",
)
