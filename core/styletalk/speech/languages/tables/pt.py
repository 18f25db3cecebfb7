# SPDX-License-Identifier: Apache-2.0
"""Portuguese, as in Brazil; the vowels that Portugal swallows are left in."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"V": "aeiouáâãàéêíóôõúü", "E": "eiéêí", "C": "bcdfghjklmnpqrstvxzç"},
    rules="""
    ^e$=i ^o$=ʊ ^os$=ʊ.s ^muito=m.u.ɪ.n.t.ʊ ^muita=m.u.ɪ.n.t.a ch=ʃ lh=ʎ nh=ɲ rr=h ^r=h r(?=$)=ɾ (?<=[nls])r=h r=ɾ
    ss=s sc(?=E)=s ^ex(?=V)=e.z x(?=[ptc])=s x=ʃ sç=s ç=s c(?=E)=s c=k qu(?=E)=k qu=k.w gu(?=E)=ɡ gu(?=a)=ɡ.w g(?=E)=ʒ
    g=ɡ j=ʒ h= s=s z=z b=b d(?=i|e$|es$)=dʒ d=d f=f k=k l(?!V|h)=w l=l m$=ŋ m=m p=p t(?=i|e$|es$)=tʃ t=t v=v w=w y=i
    ão=ɐ.ʊ õe=o.ɪ ãe=ɐ.ɪ am$=ɐ.ʊ [eéê]m$=e.ɪ.ŋ [eé]ns$=e.ɪ.ŋ.s n(?!V)=n n=n m=m ou=o ei=e.ɪ ai=aɪ oi=o.ɪ ui=u.ɪ eu=e.ʊ
    au=aʊ iu=i.ʊ éu=ɛ.ʊ ói=ɔ.ɪ éi=ɛ.ɪ (?<=.)e(?=s?$)=i (?<=.)o(?=s?$)=ʊ i(?=[aeo]s?$)=i i(?=[aoeáóôâ])=j
    u(?=[aoeiáéêíóô])=w a=a á=a â=ɐ ã=ɐ à=a e=e é=ɛ ê=e i=i í=i o=o ó=ɔ ô=o õ=o u=u ú=u ü=u
    """,
    letter_names="a bê cê dê e efe gê agá i jota cá ele eme ene ó pê quê erre esse tê u vê dáblio xis ípsilon zê",
    signs={"%": "por cento", "€": "euros", "$": "dólares", "£": "libras", "&": "e", "+": "mais", "°": "graus"},
    decimal_sign="vírgula",
)
