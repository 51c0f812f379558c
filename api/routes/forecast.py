"""Forecasts of places, with their skill and what came."""

from fastapi import APIRouter, Depends

from api.access import Needs
from api.context import InContext, Reading
from api.models import forecast as told
from api.routes.parameters import AsOf, PlaceCode, PlaceLevel, place_id_of
from core.errors import NotFoundError
from core.slots import SLOT
from db.forecasts import forecast_of_run, latest_run, skill_of_place
from db.load import place_load
from db.weather import weather_of_forecast

router = APIRouter(prefix="/v1", tags=["forecast"], dependencies=[Depends(Needs("read:grid"))])


@router.get("/places/{level}/{code}/forecast")
async def get_forecast(
    context: InContext, connection: Reading, level: PlaceLevel, code: PlaceCode, as_of: AsOf = None
) -> told.Forecast:
    """Tell the newest forecast issued at or before `as_of` (left out: now), beside the load that came."""
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
    skill = await skill_of_place(connection, place_id=place_id, as_of=moment)
    weather = await weather_of_forecast(connection, forecast_run_id=run.forecast_run_id, place_id=place_id)
    return told.Forecast(
        issued_at=run.issued_at,
        known_until=run.known_until,
        quantiles=run.quantiles,
        skill=None if skill is None else told.Skill.model_validate(skill),
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
