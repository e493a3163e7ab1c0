"""Help of `az aigpu job`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu job"] = """
type: group
short-summary: Check and guard the manifests of GPU jobs - offline, with no login and no cluster.
"""

helps["aigpu job check"] = """
type: command
short-summary: Find what in a manifest makes a GPU job run on the CPU, or never start.
long-summary: >
    A pod that targets a GPU pool and asks for no GPU is the mistake that costs most: it runs there, on the CPU, and
    nothing says so. Found are also a limit in the wrong container, variables that hide the GPU, a missing toleration,
    and exemptions that are none. Kinds that are read: Pod, Deployment, StatefulSet, ReplicaSet, DaemonSet, Job,
    CronJob, JobSet, PyTorchJob and the Kubeflow jobs beside it, MPIJob, RayCluster, RayJob, RayService,
    LeaderWorkerSet, Volcano's Job, TrainJob, and lists of them.


    Exit codes: 0 nothing wrong; 4 something is wrong; 5 something could not be judged - a kind that is not known is
    never passed; 2 bad usage, or no YAML. Findings go to standard error as text, and to standard output as data.
examples:
  - name: One manifest.
    text: az aigpu job check -f train.yaml
  - name: What a pod selects by the name of a pool can be told when the GPU pools are named.
    text: az aigpu job check -f train.yaml --gpu-pools gpu,a100 -o table
"""

helps["aigpu job inject"] = """
type: command
short-summary: Guard the GPU jobs of a manifest, and change nothing else in it.
long-summary: >
    Adds the GPU limit where it is asked for, the toleration and the selector of GPU pools, an init container that
    proves the GPU, and the preflight before the main container's command, which stops a job that computes on the CPU.
    A Job also gets a podFailurePolicy that ends it at once for what no retry would change. Comments, order and quotes
    stay; a second run changes nothing, and one by a newer version brings the guard up to date.


    Changed are Pod, Job, CronJob, PyTorchJob and TrainJob. What cannot be changed safely is refused with the reason,
    and then nothing is written: no command in the main container, a restartPolicy other than Never in a Job, anchors
    or braces in the places concerned, several containers that might be the main one.
examples:
  - name: Guard a manifest, and look at the difference first.
    text: az aigpu job inject -f train.yaml --image registry.example.com/aigpu-agent:0.1.0 --diff
  - name: Give the job one GPU, and write the guarded manifest to another file.
    text: >
        az aigpu job inject -f train.yaml --gpus 1 --image registry.example.com/aigpu-agent:0.1.0
        --output-file guarded.yaml
  - name: Only report a job that computes on the CPU, after 45 minutes.
    text: >
        az aigpu job inject -f train.yaml --image registry.example.com/aigpu-agent:0.1.0
        --on-fallback warn --gpu-deadline 45m
"""
