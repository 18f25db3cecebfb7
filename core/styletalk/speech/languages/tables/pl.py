# SPDX-License-Identifier: Apache-2.0
"""Polish."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aąeęioóuy", "N": "bp"},
    words="w=w z=z",
    rules="""
    szcz=ʃ.tʃ cz=tʃ ci(?=[aąeęoóu])=tɕ ch=x c(?=i)=tɕ ć=tɕ c=t.s dzi(?=[aąeęoóu])=dʑ dz(?=i)=dʑ dź=dʑ dż=dʒ drz=d.ʒ
    dz=d.z d=d trz=t.ʃ rz=ʒ r=ɾ si(?=[aąeęoóu])=ɕ sz=ʃ s(?=i)=ɕ ś=ɕ s=s zi(?=[aąeęoóu])=ʑ z(?=i)=ʑ ż=ʒ ź=ʑ z=z
    ni(?=[aąeęoóu])=ɲ n(?=i)=ɲ ń=ɲ n(?=[kg])=ŋ n=n ą$=ɔ.w ą(?=N)=ɔ.m ą(?=[łl])=ɔ ą(?=[sszźżwfchrś]h?V)=ɔ.w
    ą(?=[td]|c(?!h))=ɔ.n ą(?=[kg])=ɔ.ŋ ą=ɔ.w ę$=ɛ ę(?=N)=ɛ.m ę(?=[łl])=ɛ ę(?=[tdć]|c(?!h))=ɛ.n ę(?=[kg])=ɛ.ŋ ę=ɛ b=b
    f=f g=ɡ h=x i(?=[aąeęoóu])=j j=j k=k l=l ł=w m=m p=p qu=k.v q=k t=t v=v w=v x=k.s a=a au=a.w e=ɛ i=i o=ɔ ó=u u=u
    y=ɨ ö=ø ü=y ä=ɛ é=ɛ á=a
    """,
    letter_names="a be ce de e ef gie ha i jot ka el em en o pe ku er es te u fał wu iks igrek zet",
    signs={"%": "procent", "€": "euro", "$": "dolarów", "£": "funtów", "&": "i", "+": "plus", "°": "stopni"},
    decimal_sign="przecinek",
)
