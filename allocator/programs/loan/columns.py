"""The columns of a table of applicants, by our names."""

from __future__ import annotations

__all__ = [
    "APPLICANT_ID",
    "COLUMNS",
    "EXPOSURE",
    "GRADE",
    "LGD",
    "MINIMUM",
    "PD",
    "REQUESTED",
    "SCORE",
    "SEGMENT",
    "TENOR",
    "WEIGHT",
]

APPLICANT_ID = "applicant_id"
REQUESTED = "requested"  # dollars
MINIMUM = "minimum"  # dollars: the least that is of use to the applicant
SEGMENT = "segment"
GRADE = "grade"
PD = "pd"  # probability of default over the loan's life, 0 to 1
LGD = "lgd"  # part of the loan that is lost at a default, net of collateral, 0 to 1
SCORE = "score"
TENOR = "tenor_months"
WEIGHT = "weight"
EXPOSURE = "existing_exposure"  # dollars that the applicant owes the fund's owner already
COLUMNS = (
    *(APPLICANT_ID, REQUESTED, MINIMUM, SEGMENT, GRADE, PD, LGD, SCORE, TENOR),
    *(WEIGHT, EXPOSURE),
)
