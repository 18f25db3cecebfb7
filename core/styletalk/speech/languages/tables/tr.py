# SPDX-License-Identifier: Apache-2.0
"""Turkish."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeıioöuüâîû", "E": "eiöü"},
    rules="""
    c=dʒ ç=tʃ ş=ʃ j=ʒ (?<=[eiöü])ğ(?=E)=j ğ= y=j b+=b d+=d f+=f g=ɡ h=h k+=k l+=l m+=m n(?=[kg])=ŋ n+=n p+=p r+=ɾ s+=s
    t+=t v=v w=v x=k.s q=k z=z a=a e=e ı=ɯ i=i o=o ö=ø u=u ü=y â=a î=i û=u
    """,
    letter_names="a be ce de e fe ge he ı je ke le me ne o pe kü re se te u ve çiftve iks ye ze",
    signs={"%": "yüzde", "€": "avro", "$": "dolar", "£": "sterlin", "&": "ve", "+": "artı", "°": "derece"},
    decimal_sign="virgül",
)
