# SPDX-License-Identifier: Apache-2.0
"""Mandarin, in pinyin without tones; ü is v after n and l."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"J": "jqxy", "Z": "zcsr"},
    rules="""
    zh=ʈʂ ch=ʈʂ sh=ʂ yi=i yuan=y.ɛ.n yue=y.ɛ yun=y.n yong=j.ʊ.ŋ you=j.oʊ yu=y yan(?!g)=j.ɛ.n ye=j.ɛ wu=u y=j w=w b=b
    p=p m=m f=f d=d t=t n(?=[aeiouv])=n ng=ŋ n=n l=l g=ɡ k=k h=x j=tɕ q=tɕ x=ɕ r=ʐ z=t.s c=t.s s=s iong=j.ʊ.ŋ
    iang=j.a.ŋ iao=j.aʊ ian=j.ɛ.n iu=j.oʊ ie=j.ɛ ia=j.a (?:(?<=Z)|(?<=Zh))i=ɨ i=i (?<=J)uan=y.ɛ.n (?<=J)un=y.n
    (?<=J)ue=y.ɛ (?<=J)u=y ve=y.ɛ v=y ü=y uai=w.aɪ ua=w.a ui=w.eɪ uo=w.ɔ un=w.ə.n u=u ong=ʊ.ŋ ou=oʊ (?<=[bpmf])o=w.ɔ
    o=ɔ ai=aɪ ao=aʊ a=a ei=eɪ er$=a.ɾ e(?=n)=ə e=ɤ
    """,
    signs={"%": "百分之", "€": "欧元", "$": "美元", "£": "英镑", "¥": "元", "&": "和", "+": "加", "°": "度"},
    decimal_sign="点",
)
