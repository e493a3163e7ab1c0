"""Help of `az aigpu agent`."""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu agent"] = """
type: group
short-summary: Install the GPU node agent and the admission policies on a cluster, by your own login.
"""

helps["aigpu agent show"] = """
type: command
short-summary: Write everything that install would apply, as one List, for GitOps or to read it first.
long-summary: >
    Namespace, rights, two admission policies, the DaemonSet, and what the options add. Nothing is asked of any
    cluster. The kustomize base in the folder deploy of the repository is the same with the default options.
examples:
  - name: Read it.
    text: az aigpu agent show --image registry.example.com/aigpu-agent:0.1.0
  - name: Apply it by hand, with a pool that carries no label of aigpu.
    text: >
        az aigpu agent show --image registry.example.com/aigpu-agent:0.1.0 --gpu-pools gpua100 --file aigpu.yaml
"""

helps["aigpu agent install"] = """
type: command
short-summary: Put the agent and the admission policies on a cluster.
long-summary: >
    Everything is applied with kubectl, by server-side apply, after the API server has judged all of it. An image must
    be named: there is no default one. The rule that a pod which targets a GPU pool must ask for a GPU warns and writes
    to the audit log at first; --enforce refuses, and is itself refused while az aigpu scan finds objects that it would
    hit. Mode taint is refused while a DaemonSet of NVIDIA's would be kept off new nodes by it.


    The options are written down on the DaemonSet, and what was applied is read back. Exit codes: 0 applied, and pods
    may be on their way (az aigpu agent status follows them); 4 a FAIL is among what was found, whatever it is
    about: an object that is not what was asked for, a policy that Kubernetes doubts, an agent that is kept off its
    nodes; 5 an object, a policy, or the GPU pools of a cluster that is named in Azure, could not be read.


    A cluster is named by --kubeconfig and --context, or by -g and --cluster-name: then your own credentials are asked
    for and kept for the time of the command, never those of administrators.
examples:
  - name: By the current context of kubectl.
    text: az aigpu agent install --image registry.example.com/aigpu-agent:0.1.0
  - name: By the cluster's name in Azure, with a device plugin and alerts.
    text: >
        az aigpu agent install -g rg-train --cluster-name aks-train --image registry.example.com/aigpu-agent:0.1.0
        --with-device-plugin --with-monitoring
  - name: A private cluster, through Azure.
    text: >
        az aigpu agent install -g rg-train --cluster-name aks-train --via command-invoke
        --image registry.example.com/aigpu-agent:0.1.0
  - name: Refuse CPU jobs on GPU pools, once scan finds none.
    text: az aigpu agent install --image registry.example.com/aigpu-agent:0.1.0 --enforce
"""

helps["aigpu agent status"] = """
type: command
short-summary: Show what is installed, on how many nodes it is ready, and what the policies do.
long-summary: >
    Every object is held to what az aigpu agent install was asked for: rights, policies and their bindings, DaemonSets.
    Beside them stand how far the pods are and why not, the image that they run, the type check of the policies, and
    whether a device plugin offers the GPUs. Each problem comes with what is there, what was asked for and the next
    command. What the agents found is shown by az aigpu node list.


    Exit codes: 0 nothing wrong, at most a WARN; 3 the agent is not installed; 4 something is wrong; 5 something could
    not be judged, which includes pods on their way and no node at all.
examples:
  - name: As a table.
    text: az aigpu agent status -o table
  - name: Only what is wrong.
    text: az aigpu agent status -g rg-train --cluster-name aks-train --query "problems[].[status, problem, nextStep]"
"""

helps["aigpu agent uninstall"] = """
type: command
short-summary: Take the agent off a cluster, with its taints, its conditions and its policies.
long-summary: >
    The DaemonSet goes first and the rights last. The namespace stays where it holds the intent of pools that other
    tools made; the device plugin goes too when install brought it. Ends with 1 where something of it is still there.
examples:
  - name: Without being asked.
    text: az aigpu agent uninstall --yes
  - name: By the cluster's name in Azure.
    text: az aigpu agent uninstall -g rg-train --cluster-name aks-train --yes
"""
