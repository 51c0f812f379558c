"""Prices of a plan: what is drawn in the event costs so much that it leaves the event if it can."""

from typing import Final

#: About the French day-ahead mean of recent years; it scales the objective and changes no plan. [EUR/MWh]
ENERGY_EUR_PER_MWH: Final = 80.0
#: What drawing inside the event costs more, so much that energy leaves the event if it can. [EUR/MWh]
EVENT_EUR_PER_MWH: Final = 1_000.0
#: What each slot of waiting costs: the least that makes a plan draw as soon as a resource would by itself. [EUR/MWh]
WAITING_EUR_PER_MWH: Final = 0.01
WH_PER_MWH: Final = 1e6
