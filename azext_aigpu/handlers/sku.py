"""`az aigpu sku` list and show: the catalogue, joined with what a region offers when one is named."""

from __future__ import annotations

from typing import Any

from aigpu_contract import skus
from aigpu_contract.cpu_sizes import parse_cpu_size
from aigpu_contract.exit_codes import EXIT_NOT_FOUND
from aigpu_contract.reading import Unknown
from azext_aigpu import sku_rows
from azext_aigpu._errors import stop
from azext_aigpu.cloud.facts import CloudFacts
from azext_aigpu.handlers.session import Session, open_session
from azext_aigpu.prices import dated_price
from azext_aigpu.usage import UsageError

NO_CAPACITY_API = "No API tells free capacity: 'yes' means offered to you and not restricted."


def list_skus(
    cmd: Any,
    location: str | None = None,
    gpu_model: str | None = None,
    gpu_count: int | None = None,
    show_all: bool = False,
) -> list[dict[str, Any]]:
    """Return a row for each GPU size, by the catalogue's order."""
    session = open_session(cmd)
    selected = sku_rows.select(session.limits.today, gpu_model, gpu_count, show_all)
    if not selected:
        raise nothing_found(gpu_model, gpu_count, show_all)
    return sku_rows.build_rows(selected, _read(session, location, selected), session.limits.today)


def show_sku(cmd: Any, size: str, location: str | None = None) -> dict[str, Any]:
    """Return everything known about one size; exits 3 for a size that the catalogue does not hold."""
    session = open_session(cmd)
    sku = skus.lookup(size)
    if sku is None:
        stop(_not_in_catalogue(session, size), EXIT_NOT_FOUND)
    return sku_rows.build_row(sku, _read(session, location, (sku,)), session.limits.today)


def _read(session: Session, location: str | None, selected: tuple[skus.Sku, ...]) -> CloudFacts:
    sizes = tuple(sku.size for sku in selected)
    if location is None:
        session.say("No --location was given: nothing was asked; prices are the built-in ones of one region.")
        unknown = Unknown("no --location was given")
        return CloudFacts(
            skus=unknown, usages=unknown, prices={size.lower(): dated_price(size, None) for size in sizes}
        )
    from azext_aigpu.cloud.read import read_region
    from azext_aigpu.handlers.region_names import check_region_names

    region = location.replace(" ", "").lower()
    arm = session.connect()
    cloud = read_region(arm, session.price_feed, region, sizes)
    if isinstance(cloud.skus, Unknown):
        check_region_names(session, arm, [region])
    else:
        session.say(NO_CAPACITY_API)
    for reading in (cloud.skus, cloud.usages):
        if isinstance(reading, Unknown):
            session.say(f"UNKNOWN: {reading.reason}.")
    return cloud


def _not_in_catalogue(session: Session, size: str) -> str:
    cpu = parse_cpu_size(size)
    near = ", ".join(sku.size for sku in skus.names_like(size, session.limits.today))
    what = f"It is a {cpu.description} size and has no GPU." if cpu else f"Nearest names: {near}." if near else ""
    return (
        f"Size '{size}' is not in the catalogue of accelerator sizes.\n{what} See all: az aigpu sku list --all".strip()
    )


def nothing_found(gpu_model: str | None, gpu_count: int | None, show_all: bool = False) -> UsageError:
    """Return the error for GPUs that no size has."""
    if gpu_model and not skus.is_known_model(gpu_model):
        near = skus.models_like(gpu_model)
        models = f"Nearest models: {', '.join(near)}" if near else f"Known models: {', '.join(skus.models())}"
        return UsageError(f"No size has the GPU model '{gpu_model}'.", models)
    wanted = " ".join(str(part) for part in (gpu_count, gpu_model, "GPUs") if part)
    more = "" if show_all else " Retired sizes and those of other vendors are listed with --all."
    return UsageError(f"No size on offer has {wanted}.", f"See what there is: az aigpu sku list.{more}")
