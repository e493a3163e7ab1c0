"""Builds `aigpu_contract/skus.json` and `azext_aigpu/prices.json` from the files in `tools/data`.

    python -m tools.build_catalogue            rewrite both
    python -m tools.build_catalogue --check    exit 1 when they are not what the data say
    python -m tools.build_catalogue --merge-live FILE
                                               first report what an answer of the Resource SKUs API adds or contradicts,
                                               then fill empty cells (disks, quota family) from it

A live answer comes from `az rest --url ".../providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter=..."`.
It fills what the data leave empty and never overrules them: its GPU count is wrong in both directions (it counts
FPGAs and AMD cards, and leaves out GB200), so that column is only reported.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

from tools.live_skus import Differences, merge_live

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tools" / "data"
SKUS = ROOT / "aigpu_contract" / "skus.json"
PRICES = ROOT / "azext_aigpu" / "prices.json"

Row = dict[str, Any]
_YES_NO = {"yes": True, "no": False, "": None}


def build_skus(live: list[dict[str, Any]]) -> tuple[Row, Differences]:
    """Return the content of `skus.json` and what the live entries contradict."""
    models = {row["accelerator_model"]: row for row in _read_csv("gpu_models.csv")}
    rows = [build_row(row, models) for row in _read_csv("azure_gpu_sizes.csv")]
    differences = merge_live(rows, live)
    return {"schemaVersion": 1, "generatedBy": "tools/build_catalogue.py", "skus": rows}, differences


def build_row(row: dict[str, str], models: dict[str, dict[str, str]]) -> Row:
    """Return one row of `skus.json`. Raises KeyError for a model that `gpu_models.csv` does not name."""
    name = row["accelerator_model"]
    model = models[name] if name else {"model_id": "", "name_for_people": "", "kind": "gpu", "nvml_names": ""}
    share, count = build_share_and_count(row["gpu_count"], row["kubernetes_device_count"])
    return {
        "size": row["size"],
        "series": row["series"],
        "kind": model["kind"],
        "vendor": row["accelerator_vendor"],
        "model": model["name_for_people"] or None,
        "modelId": model["model_id"] or None,
        "nvmlNames": [text for text in model["nvml_names"].split("|") if text],
        "gpuShare": share,
        "gpuCount": count,
        "gpuMemoryGib": _number(row["gpu_memory_gib_per_gpu"]),
        "vcpus": _number(row["vcpus"]),
        "memoryGib": _number(row["memory_gib"]),
        "architecture": row["arch"] or None,
        "rdma": _YES_NO[row["rdma"]],
        "interconnect": row["nvlink_or_nvswitch"] or None,
        "fabricManager": _YES_NO[row["needs_fabric_manager"]],
        "mig": _YES_NO[row["mig_capable"]],
        "computeCapability": row["cuda_compute_capability"] or None,
        "aksDriver": row["aks_driver"] or None,
        "quotaFamily": row["quota_family_name"] or None,
        "tempDiskGib": _number(row["temp_disk_gib"]),
        "cacheGib": None,
        "nvmeGib": None,
        "localNvme": _YES_NO[row["local_nvme"]],
        "hypervGenerations": [text for text in row["hyperv_gen"].split(",") if text],
        "lifecycle": row["lifecycle"] or None,
        "retirementDate": row["retirement_date"] or None,
        "source": row["source"],
    }


def build_share_and_count(sold: str, devices: str) -> tuple[str | None, int | None]:
    """Return the share of a physical GPU behind each device, exact, and the number of devices.

    `sold` is how many physical GPUs the size gets (`1/6`, `8`), `devices` how many the kubelet offers; either may be
    empty, and then what follows from it is None.
    """
    count = int(devices) if devices else None
    if not sold:
        return None, count
    physical = Fraction(sold)
    if physical < 1:
        return str(physical), count
    return (str(physical / count) if count else None), count


def build_prices(snapshots: Row, extra: list[dict[str, str]]) -> Row:
    """Return the content of `prices.json`: the newest dated snapshot of on-demand Linux prices, and the CPU rows."""
    as_of = max(snapshots["snapshots"])
    linux = {size.strip(): dict(sorted(by.items())) for size, by in sorted(snapshots["snapshots"][as_of].items())}
    for row in extra:
        linux.setdefault(row["size"], {})[row["region"]] = float(row["usd_per_hour"])
    return {"asOf": as_of[:10], "currency": "USD", "unit": "hour", "source": "Azure Retail Prices API", "linux": linux}


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_catalogue", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing, exit 1 on a difference")
    parser.add_argument("--merge-live", type=Path, metavar="FILE", help="an answer of the Resource SKUs API")
    options = parser.parse_args(arguments)
    live = json.loads(options.merge_live.read_text(encoding="utf-8"))["value"] if options.merge_live else []
    catalogue, differences = build_skus(_checked_in_live() + live)
    for line in differences.lines():
        print(line, file=sys.stderr)
    snapshots = json.loads((DATA / "n_series_prices.json").read_text(encoding="utf-8"))
    texts = {SKUS: _text(catalogue), PRICES: _text(build_prices(snapshots, _read_csv("cpu_prices.csv")))}
    return check(texts) if options.check else write(texts)


def check(texts: dict[Path, str]) -> int:
    """Return 1 and name each file that differs from its text, else 0."""
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.name} is not what tools/data says; run: python -m tools.build_catalogue", file=sys.stderr)
    return 1 if stale else 0


def write(texts: dict[Path, str]) -> int:
    """Write each text to its file and return 0."""
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path.name}: {len(text):,} bytes")
    return 0


def _checked_in_live() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((DATA / "live_skus.json").read_text(encoding="utf-8"))["value"]
    return entries


def _read_csv(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> int | float | None:
    if not text:
        return None
    value = float(text)
    return int(value) if value.is_integer() else value


def _text(data: Row) -> str:
    """Return JSON with one catalogue row a line: small, and a changed row is one line of a diff."""
    body = []
    for key, value in data.items():
        if isinstance(value, list):
            rows = ",\n".join("  " + json.dumps(row, ensure_ascii=False) for row in value)
            body.append(f'"{key}": [\n{rows}\n]')
        elif isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.items())
            body.append(f'"{key}": {{\n{rows}\n}}')
        else:
            body.append(f'"{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(body) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
