"""The four schemes of SemEval-2013 task 9.1: which pairs of spans earn credit.

All four are read off one matching, so their counts can be compared:

| scheme | correct | partial | incorrect |
|---|---|---|---|
| `strict` | same bounds, same label | | other pairs |
| `exact` | same bounds | | other pairs |
| `partial` | same bounds | other pairs | |
| `type` | same label | | other pairs |

Gold spans without a partner are missed, predictions without one spurious, in every scheme.

Source: Segura-Bedmar, Martínez and Herrero-Zazo, "SemEval-2013 Task 9: Extraction of Drug-Drug
Interactions from Biomedical Texts", 2013, section 3.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

PARTIAL_CREDIT = 0.5


class Scheme(msgspec.Struct, frozen=True):
    """Conditions under which a pair of overlapping spans earns credit.

    Attributes:
        bounds: the bounds must be the same.
        label: the label must be the same.
        credits_overlap: a pair that falls short earns half of the credit instead of none.
    """

    bounds: bool
    label: bool
    credits_overlap: bool = False


SCHEMES: Mapping[str, Scheme] = {
    "strict": Scheme(bounds=True, label=True),
    "exact": Scheme(bounds=True, label=False),
    "partial": Scheme(bounds=True, label=False, credits_overlap=True),
    "type": Scheme(bounds=False, label=True),
}
