"""Forecasts of places, with their skill and what came."""

from datetime import datetime

from fastapi import APIRouter, Depends

from api.access import Needs
from api.context import InContext, Reading
from api.models import forecast as told
from api.routes.parameters import AsOf, PlaceCode, PlaceLevel, place_id_of
from core.errors import NotFoundError
from core.slots import SLOT
from db.connection import Connection
from db.forecasts import forecast_of_run, latest_run, skill_of_place
from db.lead_skill import lead_skill_of_place
from db.load import place_load
from db.weather import weather_of_forecast

router = APIRouter(prefix="/v1", tags=["forecast"], dependencies=[Depends(Needs("read:grid"))])


@router.get("/places/{level}/{code}/forecast")
async def get_forecast(
    context: InContext, connection: Reading, level: PlaceLevel, code: PlaceCode, as_of: AsOf = None
) -> told.Forecast:
    """Tell the newest forecast issued at or before `as_of` (left out: now), beside the load that came.

    Method and skill are those stored with it: nothing that was measured or corrected later changes them.
    """
    place_id = await place_id_of(connection, level, code)
    moment = as_of or context.clock.now()
    run = await latest_run(connection, as_of=moment)
    slots = (
        []
        if run is None
        else await forecast_of_run(connection, forecast_run_id=run.forecast_run_id, place_ids=[place_id])
    )
    if run is None or not slots:
        raise NotFoundError(
            "forecast_unknown", f"No forecast was issued for {level} {code!r} by {moment:%Y-%m-%dT%H:%MZ}."
        )
    first, last = slots[0].valid_from, slots[-1].valid_from
    loads = await place_load(connection, place_id, first, last + SLOT, limit=len(slots))
    measured_w = {slot.start_at: slot.load_w for slot in loads}
    weather = await weather_of_forecast(connection, forecast_run_id=run.forecast_run_id, place_id=place_id)
    return told.Forecast(
        issued_at=run.issued_at,
        known_until=run.known_until,
        quantiles=run.quantiles,
        skill=await _skill(connection, place_id, moment),
        weather=told.Weather() if weather is None else told.Weather.model_validate(weather),
        items=[
            told.ForecastSlot(
                valid_from=slot.valid_from,
                load_w=slot.load_w,
                quantile_load_w=slot.quantile_load_w,
                base_load_w=slot.base_load_w,
                base_quantile_load_w=slot.base_quantile_load_w,
                measured_w=measured_w.get(slot.valid_from),
            )
            for slot in slots
        ],
    )


async def _skill(connection: Connection, place_id: int, moment: datetime) -> told.Skill | None:
    """Return what the newest issue known at a moment said of its own skill, as a whole and by leads."""
    whole = await skill_of_place(connection, place_id=place_id, as_of=moment)
    if whole is None:
        return None
    blocks = await lead_skill_of_place(connection, forecast_run_id=whole.forecast_run_id, place_id=place_id)
    by_lead = tuple(told.LeadSkill.model_validate(block) for block in blocks)
    return told.Skill.model_validate(whole).model_copy(update={"by_lead": by_lead})
