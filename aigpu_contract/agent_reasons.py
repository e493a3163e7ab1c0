"""The reasons of `aigpu-agent run`: name, meaning in one sentence, usual next step."""

from __future__ import annotations

from typing import Tuple

Row = Tuple[str, str, str]

AGENT_REASONS: Tuple[Row, ...] = (
    (
        "NodeRebooted",
        "The node has started anew, and nothing is proven in this boot yet.",
        "Wait for the agent's next round.",
    ),
    (
        "TaintBudgetExhausted",
        "A node failed and is not tainted, because a tenth of its pool is already.",
        "Look at what the tainted nodes have in common, such as a new driver.",
    ),
    (
        "StartupTaintExpired",
        "A new node could not be proven within ten minutes, and is held back no more.",
        "Read the node's condition aigpu.io/GPUReady.",
    ),
    (
        "XIDNeedsReset",
        "A GPU reported an XID after which it must be reset and proven anew.",
        "Drain the node, and reset the GPU or reboot the node.",
    ),
    (
        "XIDFatal",
        "A GPU reported an XID after which only a reboot of the node, and a new proof, help.",
        "Reboot or replace the node.",
    ),
    (
        "XIDSeen",
        "A GPU reported an XID that is worth knowing and is no fault of the node by itself.",
        "Look the number up in NVIDIA's list of XIDs.",
    ),
    (
        "XIDsNotHeard",
        "The agent is to listen to XIDs, and nobody hears them.",
        "Read the agent's log, or leave --watch-xids out on GPUs that tell no XIDs.",
    ),
    (
        "XIDsLost",
        "What the agent kept of this boot's XIDs was changed or taken away, so a GPU may have reported a fatal one.",
        "Reboot or replace the node.",
    ),
    (
        "BootUnknown",
        "The kernel tells no id of its boot, so nothing proven or reported can be held to be of this one.",
        "Look at /proc/sys/kernel/random/boot_id in the agent's container.",
    ),
    (
        "GPUUseUnknown",
        "Whether a pod uses its GPU cannot be told, because NVML's lists or the processes in them cannot be read.",
        "Give the agent hostPID, as its profile watch does.",
    ),
)
