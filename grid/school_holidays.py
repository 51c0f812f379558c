"""School holidays in zone B, to which Lille belongs: when children are at home, and many of their parents.

Facts from the calendars of the Ministère de l'Éducation nationale (zone B: Aix-Marseille, Amiens, Lille, Nancy-Metz,
Nantes, Nice, Normandie, Orléans-Tours, Reims, Rennes, Strasbourg) [1]_, as its open data set has them [2]_. Some dates
were compared with what schools, towns and newspapers of the zone published; those of 2026-2027 were not. The spring
of 2021 is the one that was held: on 31 March 2021 the holidays of all zones were moved to 10 April.
Bridges around Ascension are no holidays here: they are bridges for everybody.

References
----------
.. [1] Calendrier scolaire, education.gouv.fr/calendrier-scolaire-100148: arrêtés of 24 July 2018, 7 December 2022 and
   those between and after them.
.. [2] Vacances scolaires par zones, data.gouv.fr, Licence Ouverte.
"""

from datetime import date
from typing import Final

#: First and last day without school; Saturdays on which school ends count as free.
ZONE_B: Final = (
    (date(2019, 10, 19), date(2019, 11, 3)),
    (date(2019, 12, 21), date(2020, 1, 5)),
    (date(2020, 2, 15), date(2020, 3, 1)),
    (date(2020, 4, 11), date(2020, 4, 26)),
    (date(2020, 7, 4), date(2020, 8, 31)),
    (date(2020, 10, 17), date(2020, 11, 1)),
    (date(2020, 12, 19), date(2021, 1, 3)),
    (date(2021, 2, 20), date(2021, 3, 7)),
    (date(2021, 4, 10), date(2021, 4, 25)),
    (date(2021, 7, 6), date(2021, 9, 1)),
    (date(2021, 10, 23), date(2021, 11, 7)),
    (date(2021, 12, 18), date(2022, 1, 2)),
    (date(2022, 2, 5), date(2022, 2, 20)),
    (date(2022, 4, 9), date(2022, 4, 24)),
    (date(2022, 7, 7), date(2022, 8, 31)),
    (date(2022, 10, 22), date(2022, 11, 6)),
    (date(2022, 12, 17), date(2023, 1, 2)),
    (date(2023, 2, 11), date(2023, 2, 26)),
    (date(2023, 4, 15), date(2023, 5, 1)),
    (date(2023, 7, 8), date(2023, 9, 3)),
    (date(2023, 10, 21), date(2023, 11, 5)),
    (date(2023, 12, 23), date(2024, 1, 7)),
    (date(2024, 2, 24), date(2024, 3, 10)),
    (date(2024, 4, 20), date(2024, 5, 5)),
    (date(2024, 7, 6), date(2024, 9, 1)),
    (date(2024, 10, 19), date(2024, 11, 3)),
    (date(2024, 12, 21), date(2025, 1, 5)),
    (date(2025, 2, 8), date(2025, 2, 23)),
    (date(2025, 4, 5), date(2025, 4, 21)),
    (date(2025, 7, 5), date(2025, 8, 31)),
    (date(2025, 10, 18), date(2025, 11, 2)),
    (date(2025, 12, 20), date(2026, 1, 4)),
    (date(2026, 2, 14), date(2026, 3, 1)),
    (date(2026, 4, 11), date(2026, 4, 26)),
    (date(2026, 7, 4), date(2026, 8, 31)),
    (date(2026, 10, 17), date(2026, 11, 1)),
    (date(2026, 12, 19), date(2027, 1, 3)),
    (date(2027, 2, 20), date(2027, 3, 7)),
    (date(2027, 4, 17), date(2027, 5, 2)),
    (date(2027, 7, 3), date(2027, 8, 31)),
)
#: Days that the table speaks of; of others it is not known whether there was school.
KNOWN_FROM, KNOWN_UNTIL = date(2019, 9, 2), date(2027, 8, 31)


def is_school_holiday(day: date) -> bool | None:
    """Tell whether the schools of zone B are closed for holidays; None where the table ends.

    Examples
    --------
    >>> is_school_holiday(date(2026, 2, 14)), is_school_holiday(date(2026, 2, 13)), is_school_holiday(date(2031, 7, 14))
    (True, False, None)
    """
    if not KNOWN_FROM <= day <= KNOWN_UNTIL:
        return None
    return any(first <= day <= last for first, last in ZONE_B)
