"""What `az aigpu ... --help` says. azure-cli reads it out of `helps` when this module is imported.

The examples run as they stand against the local Azure (`python -m testbeds.local_azure`), and a test runs them.
"""

from __future__ import annotations

from knack.help_files import helps

helps["aigpu"] = """
type: group
short-summary: AKS GPU node pools that are what was asked for.
long-summary: >
    A node pool that was meant to have GPUs and has none does not fail: the job falls back to the CPU and runs for
    days. `az aigpu` refuses such a pool before anything is sent to Azure, shows what a pool will cost, writes down on
    the pool which GPUs its nodes must have, and compares what Azure made with what was asked for.


    Options have the names they have in `az aks nodepool`. Defaults of your own: `az config set aigpu.KEY=VALUE` with
    the keys required_tags, max_hourly_cost, allowed_models, min_driver, taint, agent_image, prices_url,
    kubectl.


    Exit codes: 0 done; 1 refused, or an error; 2 bad usage; 3 not found; 4 a check found something; 5 it could not
    judge.
"""

helps["aigpu check"] = """
type: command
short-summary: Judge the GPU pools in Terraform plans, ARM templates and what-if results, before they are made.
long-summary: >
    Every AKS node pool, virtual machine and scale set in the documents is held to the rules of
    `az aigpu nodepool add`. No login is needed, and nothing is asked, unless --online is given. What a pool is meant
    to be is told by its labels, by its taint, or by --gpu-pools. A GPU size that says nothing of this is UNKNOWN; a
    pool with neither is counted as not reviewed. A value that is known only after it is applied makes the rules that
    need it UNKNOWN, never passed.


    Exit codes: 0 nothing found; 4 a rule failed; 5 something could not be judged; 1 a document cannot be read.
examples:
  - name: Judge a Terraform plan, and show the outcome as a table.
    text: az aigpu check --tfplan plan.json -o table
  - name: Judge compiled Bicep with its parameters, and write SARIF for the pull request.
    text: az aigpu check --template main.json --template-parameters main.parameters.json --sarif aigpu.sarif
  - name: Judge what a deployment would change, with quota and availability.
    text: az aigpu check --what-if what-if.json --online --location eastus
  - name: Say which pool is meant to have GPUs, where the plan does not.
    text: az aigpu check --tfplan plan.json --gpu-pools gpu
"""

helps["aigpu nodepool"] = """
type: group
short-summary: Make, look at, change and delete GPU node pools of AKS clusters.
"""

helps["aigpu nodepool add"] = """
type: command
short-summary: Create one GPU node pool, or refuse it and say why.
long-summary: >
    There is no default VM size: name one, or name the GPUs and let the size be found. With neither a count nor bounds
    the pool scales between 0 and 5 nodes. It gets a taint that keeps other work away, labels that say which GPUs its
    nodes must have, and an OS disk of 256 GB.


    Before anything is sent, rules look at the size, the region, the quota, the cost and the tags. Nothing is sent when
    one of them fails; some of them can be waived with a reason. The cost is always shown.
examples:
  - name: Up to two nodes with one A100 each, none while nothing runs on them.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n a100
        --node-vm-size Standard_NC24ads_A100_v4 --max-count 2
  - name: Name the GPUs, and let the size be found.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n onea100
        --gpu-model a100 --gpu-count 1 --node-count 1
  - name: Only show the plan and what it would cost.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n plan
        --node-vm-size Standard_NC24ads_A100_v4 --dry-run
  - name: Go from zone to zone, and then to a second size, until there is room; at most 20 dollars an hour.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-west -n anyroom --node-vm-size Standard_NC24ads_A100_v4
        --node-count 1 --try-zones 1 2 3 --try-sizes Standard_NC48ads_A100_v4 --max-hourly-cost 20
  - name: A part of a GPU on purpose, with the reason kept as a tag of the pool.
    text: >
        az aigpu nodepool add -g rg-train --cluster-name aks-train -n notebooks --node-vm-size Standard_NV6ads_A10_v5
        --node-count 1 --waive "fractional-gpu=notebooks need little"
"""

helps["aigpu nodepool update"] = """
type: command
short-summary: Change what is named of one GPU node pool, and nothing else.
long-summary: >
    The pool is read, the named fields are changed, and the whole is written back, only while nobody else changed it.
    Given labels, taints or tags replace your own ones; those that make the pool a GPU pool stay. Only the rules that
    look at a changed field are asked.
examples:
  - name: Let the autoscaler make up to three nodes.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu -e --min-count 0 --max-count 3
  - name: Give long jobs two hours before an upgrade takes their node.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu --drain-timeout 120
  - name: Only show what a change of labels would do.
    text: az aigpu nodepool update -g rg-train --cluster-name aks-train -n gpu --labels team=vision --dry-run
"""

helps["aigpu nodepool list"] = """
type: command
short-summary: List the GPU node pools of a cluster, whoever made them.
long-summary: >
    A pool is listed when its labels or its taint say that it is meant to have GPUs, or when its size has them. A pool
    that is meant to have them and has none is listed with the verdict FAIL.
examples:
  - name: All GPU pools of a cluster as a table.
    text: az aigpu nodepool list -g rg-train --cluster-name aks-train -o table
  - name: The names of the pools that the rules find fault with.
    text: az aigpu nodepool list -g rg-train --cluster-name aks-train --query "[?verdict=='FAIL'].name" -o tsv
"""

helps["aigpu nodepool show"] = """
type: command
short-summary: Show one node pool, and what the rules say about it.
examples:
  - name: One pool with all its properties.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu
  - name: Only what this tool adds - GPUs, cost, findings.
    text: az aigpu nodepool show -g rg-train --cluster-name aks-train -n gpu --query aigpu
"""

helps["aigpu nodepool check"] = """
type: command
short-summary: Judge the GPU pools that run, whoever made them, in a cluster or in all subscriptions.
long-summary: >
    Without a cluster, one question to Azure Resource Graph covers the subscription in use, all of them
    (--all-subscriptions) or a management group; it lags behind Azure by a minute or so. A scope that cannot be read is
    listed and UNKNOWN.


    With --spec the pools are held against specs too, read from AKS itself: each property that differs, and each pool
    that is not there, is a finding. Pools that no spec names are counted and named. The next step is
    az aigpu nodepool plan over the same files.


    Exit codes: 0 nothing found; 4 a rule failed or a pool drifted; 5 something could not be judged; 3 no such
    cluster.
examples:
  - name: The pools of one cluster as a table.
    text: az aigpu nodepool check -g rg-train --cluster-name aks-train -o table
  - name: Every subscription, with SARIF for a dashboard.
    text: az aigpu nodepool check --all-subscriptions --sarif aigpu.sarif
  - name: A management group; a part of a GPU is fine there.
    text: az aigpu nodepool check --management-group ml --waive "fractional-gpu=notebooks need little"
  - name: Whether the pools still are what their specs ask for.
    text: az aigpu nodepool check --spec examples/pools.yaml --overlay examples/prod.yaml -o table
"""

helps["aigpu nodepool plan"] = """
type: command
short-summary: Show what specs would make of their clusters, with findings and cost, and change nothing.
long-summary: >
    A spec is a YAML document of kind GpuNodePool: see docs/reference/spec.md and the folder examples. Shown are pools
    to create, to update in place, those that could only be replaced (named, never done), those that are as they should
    be, and the pools of the named clusters that no spec names, which are left alone. Every rule judges what would be
    made or changed.


    With --plan-file the plan is kept, with a digest over all of it: whoever approves the plan approves that digest, and
    apply carries out nothing else. A plan holds for 24 hours (az config set aigpu.plan_hours=24).


    Exit codes: 0 planned; with --exit-code 4 where something would change; 1 refused by a rule; 2 a spec is wrong; 3 no
    such cluster.
examples:
  - name: What one environment's specs would change.
    text: az aigpu nodepool plan --file examples/dev.yaml -o table
  - name: Keep the plan for review, and end with 4 where it changes anything.
    text: >
        az aigpu nodepool plan --file examples/pools.yaml --overlay examples/staging.yaml
        --plan-file gpu-plan.json --exit-code
"""

helps["aigpu nodepool apply"] = """
type: command
short-summary: Carry out the plan that was approved, and nothing else.
long-summary: >
    The digest is the approval: a plan that was edited, that is another one, that has expired, or that was made for
    another cloud is refused. Every pool is read again: where anything that the plan looked at has moved, nothing is
    sent (the number of nodes under the autoscaler apart). Every rule judges again right before each request. Pools of
    one cluster are written one after the other, clusters side by side. What Azure made is read back and compared. A
    pool is never replaced.


    Exit codes: 0 everything is done; 1 refused, or something is not done - the outcome of each pool says which. To go
    on, make a new plan.
examples:
  - name: Apply the plan whose digest was approved in the pull request.
    text: az aigpu nodepool apply --plan-file gpu-plan.json --digest "$DIGEST"
  - name: In a pipeline that nobody watches, with a table of outcomes.
    text: az aigpu nodepool apply --plan-file gpu-plan.json --digest "$DIGEST" --yes -o table
"""

helps["aigpu nodepool export"] = """
type: command
short-summary: Write a GPU node pool that exists as a spec, as Terraform, as Bicep or for Karpenter.
long-summary: >
    What Azure adds by itself is left out, and so is what the form cannot hold; each is named, in the document too. A
    spec plans to no change. Terraform comes with the block that imports the pool. A pool that the rules would not let
    be made is refused, and so is one of which nobody has said that it is meant to have GPUs.


    With --location it is a pool for a cluster of another region: zones, subnets and groups of the old region are left
    out and named, and availability, quota and price are looked up there. Exit code 5 where they could not be.
examples:
  - name: A spec, for nodepool plan.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --file gpu.yaml
  - name: Terraform that takes the pool over.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format terraform
  - name: The same pool for another region, as Bicep.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format bicep --location westeurope
  - name: NodePool and AKSNodeClass for node auto-provisioning.
    text: az aigpu nodepool export -g rg-train --cluster-name aks-train -n gpu --format karpenter
"""

helps["aigpu nodepool adopt"] = """
type: command
short-summary: Write down what a pool that another tool owns is meant to be, without changing the pool.
long-summary: >
    Such a pool carries no labels of ours, so the agent cannot tell what its nodes must have, and says UNKNOWN. adopt
    writes the ConfigMap aigpu-intent, which the agent reads, or the lines that the owner's source needs so that the
    pool says it itself. What the pool is meant to be has to be said: it is held against the pool's size, and never
    taken from it. A size without CUDA GPUs, or one that is not what was said, is refused.
examples:
  - name: The ConfigMap, to look at or to put into GitOps.
    text: az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --gpu-model t4 --gpu-count 1
  - name: The lines for the Terraform source of the pool.
    text: >
        az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --expect-size Standard_NC4as_T4_v3
        --format terraform
  - name: The same for Bicep.
    text: >
        az aigpu nodepool adopt -g rg-train --cluster-name aks-train -n gpu --expect-size Standard_NC4as_T4_v3
        --format bicep
"""

helps["aigpu pipeline"] = """
type: group
short-summary: Plan, approve and apply GPU node pools by pull request.
"""

helps["aigpu pipeline show"] = """
type: command
short-summary: Write the script of a pipeline, or the wrapper that runs it on a code host.
long-summary: >
    On a pull request the script plans, keeps the plan as an artifact and writes its digest and the difference as a
    comment. Once somebody has approved, it applies that plan, and no other. The wrappers sign in by OpenID Connect,
    without a password, with one identity that may read to plan, and another that may write to apply.
examples:
  - name: The script.
    text: az aigpu pipeline show --format script --file aigpu-gate.sh
  - name: What runs it as a workflow of GitHub Actions.
    text: az aigpu pipeline show --format github
  - name: What runs it in Azure Pipelines.
    text: az aigpu pipeline show --format azure-pipelines
"""

helps["aigpu nodepool delete"] = """
type: command
short-summary: Delete one GPU node pool and its nodes.
long-summary: A pool that is no GPU pool is left alone; `az aks nodepool delete` is there for it.
examples:
  - name: Delete a pool without being asked.
    text: az aigpu nodepool delete -g rg-train --cluster-name aks-train -n gpu --yes
  - name: Delete a pool, and do not wait for the end of it.
    text: az aigpu nodepool delete -g rg-train --cluster-name aks-train -n gpu --yes --no-wait
"""

helps["aigpu nodepool wait"] = """
type: command
short-summary: Wait until a node pool is created, updated, there or gone.
long-summary: >
    Unlike other wait commands of the Azure CLI, this one ends with an error when the time has run out or the pool has
    Failed: time gone by proves nothing.
examples:
  - name: Wait for a pool that was created with --no-wait, at most half an hour.
    text: az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --created --timeout 1800
  - name: Look every second until a pool is there.
    text: az aigpu nodepool wait -g rg-train --cluster-name aks-train -n gpu --exists --interval 1
"""

helps["aigpu sku"] = """
type: group
short-summary: Look up VM sizes with GPUs - what they have, where they can be had, what they cost.
"""

helps["aigpu sku list"] = """
type: command
short-summary: List VM sizes with NVIDIA GPUs.
long-summary: >
    With a region, the catalogue is joined with what the region offers your subscription, the nodes that your quota
    still holds, and the price. That a size is available says nothing on free capacity: no API of Azure tells that.
examples:
  - name: All sizes with A100 GPUs, from the catalogue alone.
    text: az aigpu sku list --gpu-model a100 -o table
  - name: Sizes with one GPU that can be had in a region, with quota and price.
    text: az aigpu sku list --location eastus --gpu-count 1 -o table
  - name: Every row of the catalogue, sizes without CUDA and retired ones too.
    text: az aigpu sku list --all -o table
"""

helps["aigpu sku show"] = """
type: command
short-summary: Show one VM size.
examples:
  - name: What the catalogue knows of a size.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4
  - name: The same, with availability, quota and price in a region.
    text: az aigpu sku show --size Standard_NC24ads_A100_v4 --location eastus -o table
"""

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
    CronJob, JobSet, PyTorchJob, MPIJob, RayCluster, RayJob, TrainJob, and lists of them.


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
  - name: Apply it by hand, with a pool that carries no label of ours.
    text: >
        az aigpu agent show --image registry.example.com/aigpu-agent:0.1.0 --gpu-pools gpua100 --file aigpu.yaml
"""

helps["aigpu agent install"] = """
type: command
short-summary: Put the agent and the admission policies on a cluster.
long-summary: >
    kubectl applies everything by server-side apply, after the API server has judged all of it. An image must be named:
    there is no default one. The rule that a pod which targets a GPU pool must ask for a GPU warns and writes to the
    audit log at first; --enforce refuses, and is itself refused while az aigpu scan finds objects that it would hit.
    Mode taint is refused while a DaemonSet of NVIDIA's would be kept off new nodes by it.


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
    What the agents found is shown by az aigpu node list. Exits 3 where the agent is not installed.
examples:
  - name: As a table.
    text: az aigpu agent status -o table
  - name: Only what is wrong.
    text: az aigpu agent status -g rg-train --cluster-name aks-train --query problems
"""

helps["aigpu agent uninstall"] = """
type: command
short-summary: Take the agent off a cluster, with its taints, its conditions and its policies.
long-summary: >
    The DaemonSet goes first and the rights last. The namespace stays where it holds the intent of pools that other
    tools made; the device plugin goes too when install brought it.
examples:
  - name: Without being asked.
    text: az aigpu agent uninstall --yes
  - name: By the cluster's name in Azure.
    text: az aigpu agent uninstall -g rg-train --cluster-name aks-train --yes
"""

helps["aigpu node"] = """
type: group
short-summary: See what the agents proved of the GPU nodes, and what of it may still be believed.
"""

helps["aigpu node list"] = """
type: command
short-summary: List the GPU nodes of a cluster with their verdict, proof and counts of GPUs.
long-summary: >
    Reads nodes, the agents' Leases and the ConfigMap aigpu-intent with kubectl, page by page, and installs nothing. A
    node is True only while its agent is heard and nothing contradicts it: a True whose Lease is older than it holds is
    Unknown, and so is a node without an agent or without a declared intent. Three counts stand side by side: GPUs by
    intent, by NVML, and what the kubelet offers. Drivers that differ within one node image version are told, and what
    each pool costs now and at most; how far a pool may grow is known with -g and --cluster-name alone.


    Exit codes with --check: 0 every GPU node is True; 4 one is not; 5 that could not be judged, as when the Leases
    cannot be read or there is no GPU node. Ages count from the API server's clock.
examples:
  - name: The fleet as a table, by the kubeconfig that kubectl takes.
    text: az aigpu node list -o table
  - name: In a pipeline - go on only when every GPU node is proven.
    text: az aigpu node list --check --query "[?ready!='True'].[name, reason, message]" -o tsv
  - name: Count the pool named train too, whatever its labels say.
    text: az aigpu node list --gpu-pools train -o table
"""

helps["aigpu node show"] = """
type: command
short-summary: Show one node, what its agent proved, and why it is believed or not.
examples:
  - name: One node as facts, a line each.
    text: az aigpu node show -n aks-gpu-0 -o table
  - name: Only the verdict, and exit code 4 unless it is True.
    text: az aigpu node show -n aks-gpu-0 --check --query "[ready, reason, message]" -o tsv
"""

helps["aigpu scan"] = """
type: command
short-summary: Find GPU money that runs on CPUs - with a kubeconfig alone, nothing installed.
long-summary: >
    Reads nodes, pods and workloads with kubectl and changes nothing. Found are pods on GPU pools that ask for no GPU,
    pools that are declared to have GPUs and whose nodes offer none, workloads that the admission policy would refuse
    once it is enforced, and GPUs that nobody asks for; each with what the nodes cost an hour and have cost so far, by
    the label aigpu.io/price-hour or else by dated list prices. Each finding says how to repair it, and how to exempt
    what is meant. What each GPU pool costs now and at most is told too; how far it may grow is known with -g and
    --cluster-name alone.


    Exit codes: 0 nothing wrong; 4 something is wrong; 5 something could not be read or told - it is listed, and never
    counted as clean.
examples:
  - name: A cluster as a table, by the kubeconfig that kubectl takes.
    text: az aigpu scan -o table
  - name: The pools named gpu and a100 are GPU pools, whatever their labels say.
    text: az aigpu scan --gpu-pools gpu,a100 -o table
  - name: What enforcing would refuse, and the namespace it is in.
    text: az aigpu scan --query "findings[?enforcingRefuses].[what, seen]" -o tsv
"""

helps["aigpu sku find"] = """
type: command
short-summary: Find where a GPU can be had - every size that has it, over regions, by price.
long-summary: >
    Each row is a size in a region that offers it: restrictions, zones, how many more nodes the vCPU quota holds, the
    price of a node and of one GPU an hour, lifecycle, and the driver line. Regions are read in parallel and kept for an
    hour in the configuration folder of az; each row tells its age. A region that cannot be read is a row that says so.
    No API tells free capacity: a create may fail where every row says yes.


    Exit codes: 0 done; 5 no region could be read.
examples:
  - name: Eight H100 in one node, in three regions, as a table.
    text: az aigpu sku find --gpu-model h100 --gpu-count 8 -l eastus westeurope swedencentral -o table
  - name: The cheapest A100 on spot in any region that has quota for it.
    text: az aigpu sku find --gpu-model a100 --spot --query "[?quotaNodes].[region, size, priceGpuHour] | [0]" -o tsv
"""

helps["aigpu policy"] = """
type: group
short-summary: Azure Policy for GPU sizes and tags, out of the catalogue.
"""

helps["aigpu policy show"] = """
type: command
short-summary: Show the policy definitions as they would be written today.
long-summary: >
    Four definitions: sizes of AKS node pools; sizes, retired sizes and a required tag of virtual machines and scale
    sets. Nothing is asked; nobody has to be signed in.
examples:
  - name: The definitions as a table.
    text: az aigpu policy show -o table
  - name: The rule of one of them.
    text: az aigpu policy show -n aigpu-aks-pool-sizes --query "[0].policyRule"
"""

helps["aigpu policy create"] = """
type: command
short-summary: Write and assign the policies, where they are not there already.
long-summary: >
    Names stay, and only what differs is written: run the same command again when the catalogue has grown. Options that
    are left out the second time are taken back, and each change is told. Definitions live at the
    subscription or management group, assignments at a resource group too. The default effect reports and refuses
    nothing. With Deny, the existing node pools, machines and scale sets that it would break are listed first, and it
    asks; where they cannot be read, nothing is written. What each policy sees and misses is in
    docs/how-to/govern-a-subscription.md.


    Exit codes: 0 done; 1 refused; 5 it is not known what a Deny would break.
examples:
  - name: Report what does not fit, in the whole subscription.
    text: az aigpu policy create --required-tags cost-center -o table
  - name: See what would be written and what a Deny would break, and write nothing.
    text: az aigpu policy create --effect Deny --gpu-pool-names 'gpu*' --dry-run -o table
  - name: Allow two models, and refuse the rest, in a management group.
    text: az aigpu policy create --management-group ml --allowed-models a100 h100 --effect Deny --yes -o table
"""

helps["aigpu policy list"] = """
type: command
short-summary: List the policies of this tool at a scope, and whether they are those of today.
examples:
  - name: The subscription in use, as a table.
    text: az aigpu policy list -o table
  - name: What is assigned at a resource group, with its parameters.
    text: az aigpu policy list -g rg-train --query "[?kind=='assignment']"
"""

helps["aigpu policy delete"] = """
type: command
short-summary: Delete the assignments of this tool at a scope, and definitions that nothing else uses.
examples:
  - name: Without being asked.
    text: az aigpu policy delete --yes
  - name: Only what is assigned at a resource group.
    text: az aigpu policy delete -g rg-train --yes -o table
"""

helps["aigpu vm"] = """
type: group
short-summary: One GPU virtual machine outside of AKS.
"""

helps["aigpu vm create"] = """
type: command
short-summary: Create one GPU virtual machine with NVIDIA's driver, or refuse it and say why.
long-summary: >
    The rules of nodepool add that fit a machine are held, and the cost is shown. The machine gets Ubuntu 22.04, a
    Premium disk that goes with it, an SSH key and no password, no public IP unless --ssh-source names who may use it, a
    network of its own unless --subnet-id names one, and the extension NvidiaGpuDriverLinux, which installs the driver
    line that fits the size. Azure validates the deployment before it starts. What was made is read back and compared;
    that its GPUs compute is proven on the machine, by the command that is printed.
examples:
  - name: Show the template and the cost of a T4 machine, and send nothing.
    text: >
        az aigpu vm create -g rg-train -n gpu1 --gpu-model t4 --gpu-count 1 --size Standard_NC4as_T4_v3
        --ssh-key-values id_ed25519.pub --dry-run
  - name: One A100, reached over SSH from one address alone.
    text: >
        az aigpu vm create -g rg-train -n gpu2 --gpu-model a100 --gpu-count 1 --location westeurope
        --ssh-key-values id_ed25519.pub --ssh-source 203.0.113.7/32 --tags cost-center=ml
"""
