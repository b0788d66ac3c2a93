"""Unicode 14.0 as Racket 8.7 knows it: which characters are graphic, and which are alphabetic.

Python's ``unicodedata`` follows the Python version and has no ``Alphabetic`` property, so the two properties are
kept here: for each the code points where it changes, as LEB128 differences, deflated, in base 85
(``fixtures/unicode`` tells how they were made). What is written does not depend on the Python version.
"""

from __future__ import annotations

import base64
import zlib
from bisect import bisect_right
from functools import cache
from typing import Final

_GRAPHIC: Final = (
    "c-mD|TWB3s6lLx6K67R!H@V5Zxi|NbkVl(mle9^i#M&4elUj>XZ4F8hY%S=Ae&kOqQi}Po3Zf`fsEEZ+A0JxtVJYGRtb#%<f)A<)"
    "ekp#5{<+T$6`h$g=dsUTd!IFHPw(-*fX@|aX#f=QoWLMWk-)62N?qu}6<`-F(8+9pCMib`0f}n3gLoaVMAQX#6p|c|rG+FY>Sli}"
    "w`~+}c2YbS0!9L+-~}86w(W{Mj|Cx@6pZ2VP26aUxWb4QZo4OF29dlOAi;nlNEKJufUHxc>|H_|MRaK>qLL(Ux?1Z#;%!?rv5yC("
    "(PJ7h-!`gn-!96W8_4iB%~7oOB*MI`4aArVWqy}P@mrH8*<3}x96~>GqywL}cF^AuJJKm>C%4{zXF2xrdzqS|qK|S4Pb>6@b<^d_"
    "t{7q>6poYEUS~-3x*1U`zJVZvgcv53jLM2m#6DU=jgq*F8k2X432fL!k&8t$LWvzwFH1%q<YuvbHE0iKmyt#Xe-~FM+lc~E6{+aW"
    "d-HRUuc+>%^QDZM_<__|>j-m(va&Py|9!fzg7t76m7s3LQ97kYa2)rB3H<g8#H{<CiXXsUWs)Ng<ptsOoL#X&ZzOeb7>Vq~tjn0S"
    "Q{^77IYZrwuqaRSp)Vc_B{_Naw%>^!9W+6y3L?o-K2NoMC}_r@IjpDA0Vx$WAumI;FjxePk`e_}*vc}ZtnW!B<e0dh&xncfGpLEl"
    "yhrxCx*Ab+49INw0yt*B?3X+2?j$fjQEka~zkG>Ym$zk&VYmaV6pXUiKqahNw~IrlUQt!pKPQVc#WTxau0}$7<IMi%kPL1{)TpW|"
    "Mh0{D+U#^XZN{yClNt;thz{?t!(ElZo?^)z=A`yPrQOEsJ!rQ>?jaPDc8o5y6vO!>dO>+D|63FAu_mJ8m0_K#XYn9ZeU&3%h6ei%"
    "BwnW-^V-i;DVL=!ES@+LEE8$jxz5EHoL{jtPDypu9!b|WxhBSt`I=~QglsLw7!{FvXT8?k4{+1QzfawlfP5-_)jaYzRPr&tC_bFN"
    "ZNF}OCbyQiq-ns*d*F4Qv|sU_v+YzJ@2Ce(-YNH*!hV%d_Sb~H?uOm32W0CkZ_t=1NPAA4ZGTLq!Wk~98~x){avO_(!Vl3w`$Xr;"
    "c@)Dj*S(4Ra7X-^#9s{p6J)T&1!cMKVX{~+EQM=C7l|&bTp|C;HhyAbfm*zMgE7JKlXQg|g?WV=EI%0qgHJ$hI}b@Vy`XPDbjwG)"
    "TxCOiJdb0sZ+D1A+FHMP#aTRyY;Eu;D8Y#ocGL4TDo=!*i$2GIe+zT9bW}R7D}5f{8r3FJu@Tk{7k3`y95cPc)>#|ZC}gCB62{d;"
    "qO|wgTH{^>W(WK;_Qsdg+-jO1L1)IYcjsR#Uywg1R|ntwZsZUA18q-=>H"
)
_ALPHABETIC: Final = (
    "c-m!DO=w(I6y`hU+;`vqyf-t+n@ln@Ni$88nfx?Pnl$Yqlcq^66}u246%<^w1r<f;uA3r-E^4=3h}4DRuBcGZ>?$Y)wF{vYS7HTm"
    "p|~pI(sO50q4?gr_ub!fzH`oZ&Su@KFCm1$6lmdFmN+#Qz%DulL;`pK>p~ST;5z(IfEj`}cPQ00(ii@?NFy>wVbcrn#TO2lkR49W"
    "*QNp$U}{vUjM>Q4;N_h#X6rqN3@oLj0-uORp$b{pjh#FQ!NjDX7@iFGohA~aGnHr+RqjQMK#>i14ZAThN-`pP?}=QuGmxuDbetel"
    "@XRWj9DXKdj>YJTeja8;)iVlY?EZQc>=aKtSr47O;f_a;gpx#Ob2L~3j94@3>8Q*#MF+CJx(|Mtl4Hht=sB$hHSH@Z**Nc}GKmcz"
    "ZOOe1?X5MvWwL%KG~<p^7xz^WxtIveX`A|QR>HdWTL-gjmpuMcC`a9#;mB5_k+>Q=WE8JZCDrh5owHrD6SfdbP&COz^HN`(kPWIn"
    "gMuPnUO@?duR{{fBTCmsIc!s4yTo&%Al0+xE)J#9O;W>WwD}l5EjluYAH%YcCyCL~C8(#9^Qu?F2sYmEtRT`L8bLmH+grJr{-*I|"
    "iid_CwaALV;^}vC2@jda0&B>~uE%&8V!C)WpFEshk-NSAjoa8-q#MLpNYy3d^E-zEx=4L9aCNPUsoF|>5}4P!;Bd-JCk^f)E+NZ8"
    "gS8+n7rgDz)tEAp$W!CI0gf(G@AAmUFU5r{Up?^`(d#odHYQf%%s%_yoce>xeOjH3FBx1zThl2z#{&_>(=qBAXF`e61DCgtT&D&v"
    "FHI&*(=|<Mix1Peg>qZkGV8Czkw(BVcK^Ti1qGv_U-QsGu&r#vybA*rVG*=8RctsK)_0D2)K@PXN5Dp>!HsDj6XUD8S4qlmonGrD"
    "y=3+$>Nu`H-w5H4cFKz*<3+I3HSt=2WUT1r;!kTb^&x=^7pBWNplO250nHRmXx9t*e@?lKG4=zTP~B4H<_VX+Ut*Q)n0H{qm5t-8"
    "gj3^`j@Uh{U+lLupOiR+Cft2_#ivDb+@SFuh554v<<r+Fz=C7ca#OXXr=7lecHVX!sXGV<wP_8wN5vj+_I-Qd?fh$eUwy6gssBUk"
    "p6qSyiEZU)^Je*QCan=u`ONgM;Eb%>ysr>rO8;5%e+)Xo@7ppk=p$NS^}>66wfu%jIIyAM(c+6Zr5Z7)IkBR&*wlRU^*`YXrW$DR"
    "fM^V3S~{O@{++b-NDt;T@Yh2ugf_!h)GW_GR&I$S1-`-Yldf#s2?XP=l<Mb7F<e=YVao9S`jf}a9A+6D2$5^L8RU;endjC2p7`ZH"
    "P3}$FpF!^~q@N%Auy#v+jlP@t7lrkGM*"
)


@cache
def _changes(table: str) -> list[int]:
    changes: list[int] = []
    code = step = shift = 0
    for byte in zlib.decompress(base64.b85decode(table)):
        step |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            code += step
            changes.append(code)
            step = shift = 0
    return changes


def is_graphic(character: str) -> bool:
    """Racket's ``char-graphic?``: categories L, M, N, P and S."""
    if character < "\x7f":
        return character > " "
    return bisect_right(_changes(_GRAPHIC), ord(character)) % 2 == 1


def is_alphabetic(character: str) -> bool:
    """Racket's ``char-alphabetic?``: the Unicode property ``Alphabetic``."""
    if character < "\x80":
        return character.isalpha()
    return bisect_right(_changes(_ALPHABETIC), ord(character)) % 2 == 1


def is_blank(character: str) -> bool:
    """Racket's ``char-blank?``: tab and category Zs."""
    return character in "\t \xa0\u1680\u202f\u205f\u3000" or "\u2000" <= character <= "\u200a"


def is_space(character: str) -> bool:
    """Racket's ``char-whitespace?``: the Unicode property ``White_Space``."""
    return "\n" <= character <= "\r" or character in "\x85\u2028\u2029" or is_blank(character)
