"""What kubectl writes to stderr, as kubectl 1.32 and 1.36 wrote it, and what is made of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azext_aigpu.cluster.kubectl_errors import KubectlError, build_error

EXEC = (
    "Unable to connect to the server: getting credentials: exec: executable kubelogin not found\n\n"
    "It looks like you are trying to use a client-go credential plugin that is not installed.\n"
)
FAILED = (
    "Error: failed to get token: AADSTS700082: The refresh token has expired.\n"
    "Unable to connect to the server: getting credentials: exec: executable kubelogin failed with exit code 1\n"
)
CONFLICT = 'error: Apply failed with 1 conflict: conflict with "one": .data.a\nPlease review the fields above.\n'
POLICY = (
    "The pods \"x\" is invalid: : ValidatingAdmissionPolicy 'aigpu-gpu-pods' with binding 'aigpu-gpu-pods' denied "
    "request: asks for no GPU\n"
)
DENIED = 'Error from server (Forbidden): nodes is forbidden: User "alice" cannot list resource "nodes" in API group ""'


def test_a_query_to_paste_has_the_quotes_that_every_shell_takes() -> None:
    step = read("Unable to connect to the server: dial tcp: i/o timeout").next_step

    assert '--query "[powerState.code, apiServerAccessProfile]"' in step


def read(stderr: str, code: int = 1) -> KubectlError:
    return build_error(stderr, code, ("get", "nodes"))


@pytest.mark.parametrize(
    ("stderr", "kind", "part"),
    [
        ("The connection to the server 127.0.0.1:9 was refused - did you specify the right host or port?\n",
         "unreachable", "127.0.0.1:9 was refused"),
        ("Unable to connect to the server: dial tcp: lookup x.privatelink.eastus.azmk8s.io: no such host\n",
         "unreachable", "no such host"),
        ("Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded)\n",
         "unreachable", "Client.Timeout"),
        ("Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown\n",
         "unreachable", "x509"),
        ("The connection to the server localhost:8080 was refused - did you specify the right host or port?\n",
         "unreachable", "localhost:8080"),
        ("error: You must be logged in to the server (Unauthorized)\n", "unauthorized", "logged in"),
        ("error: You must be logged in to the server (the server has asked for the client to provide credentials)\n",
         "unauthorized", "logged in"),
        (EXEC, "missing", "To sign in, kubectl needs kubelogin, which is not on PATH."),
        (FAILED, "unauthorized", "ended with exit code 1: Error: failed to get token: AADSTS700082"),
        ('Error from server (NotFound): nodes "nope" not found\n', "not-found", 'nodes "nope" not found'),
        ('error: the server doesn\'t have a resource type "pytorchjobs"\n', "not-found", "pytorchjobs"),
        (CONFLICT, "conflict", 'conflict with "one": .data.a'),
        ('Error from server (AlreadyExists): error when creating "x": configmaps "x" already exists\n',
         "conflict", "already exists"),
        ("Error from server (Conflict): the object has been modified\n", "conflict", "modified"),
        (POLICY, "invalid", "asks for no GPU"),
        ("Error from server: failed to create typed patch object (default/x; /v1, Kind=ConfigMap): .data.a: expected\n",
         "invalid", "failed to create typed patch"),
        ('error: resource mapping not found for name: "x": no matches for kind "Foo" in version "v1"\n',
         "invalid", 'kind "Foo"'),
        ("Error from server (BadRequest): invalid continue token\n", "invalid", "continue token"),
        ("Error from server (ServiceUnavailable): the server is currently unable to handle the request\n",
         "unreachable", "currently unable"),
        ("Error from server (TooManyRequests): try again later\n", "unreachable", "try again later"),
        ("Error from server (InternalError): an error on the server\n", "other", "an error on the server"),
        ('error: context "nope" does not exist\n', "unconfigured", 'context "nope" does not exist'),
        ("error: stat /nofile: no such file or directory\n", "unconfigured", "stat /nofile"),
        ('error: error loading config file "x": yaml: line 1\n', "unconfigured", "loading config file"),
        ("Error: unknown flag: --frob\nSee 'kubectl get --help' for usage.\n", "other", "unknown flag"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)  # fmt: skip
def test_a_form_of_kubectl_is_told(stderr: str, kind: str, part: str) -> None:
    error = read(stderr)

    assert error.kind == kind
    assert part in error.text
    assert "\n" not in error.text


@pytest.mark.parametrize(
    ("stderr", "step"),
    [
        (EXEC, "az aks install-cli"),
        (FAILED, "az login"),
        ("error: You must be logged in to the server (Unauthorized)", "kubelogin convert-kubeconfig -l azurecli"),
        ("The connection to the server localhost:8080 was refused", "az aks get-credentials"),
        ("Unable to connect to the server: no such host", "A private cluster answers only inside its network."),
        ('error: context "nope" does not exist', "kubectl config get-contexts"),
        (
            'unable to recognize "STDIN": no matches for kind "PodMonitor" in version "v1"',
            "leave --with-monitoring out",
        ),
    ],
    ids=["plug-in missing", "plug-in failed", "unauthorized", "no kubeconfig", "private", "context", "monitoring"],
)
def test_the_next_step_is_named(stderr: str, step: str) -> None:
    assert step in read(stderr).next_step


@pytest.mark.parametrize(
    ("rest", "text", "step"),
    [
        (" at the cluster scope", "User 'alice' may not list nodes in the whole cluster.", "auth can-i list nodes -A"),
        (
            " at the cluster scope: no role in Azure.",
            "User 'alice' may not list nodes in the whole cluster (no role in Azure.).",
            "auth can-i list nodes -A",
        ),
    ],
    ids=["Kubernetes RBAC", "Azure RBAC"],
)
def test_a_missing_right_is_named(rest: str, text: str, step: str) -> None:
    error = read(DENIED + rest)

    assert (error.kind, error.reason, error.text) == ("forbidden", "Forbidden", text)
    assert error.next_step.endswith(step)


def test_a_missing_right_in_a_namespace_is_named_with_group_and_namespace() -> None:
    error = read(
        'Error from server (Forbidden): deployments.apps is forbidden: User "u" cannot patch resource "deployments" in '
        'API group "apps" in the namespace "team-a"'
    )

    assert error.text == "User 'u' may not patch deployments.apps in namespace team-a."
    assert error.next_step.endswith("kubectl auth can-i patch deployments.apps -n team-a")


def test_what_a_policy_forbids_is_shown_as_it_said_it() -> None:
    error = read(
        "Error from server (Forbidden): pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: no"
    )

    assert error.kind == "forbidden"
    assert "denied request: no" in error.text


def test_warnings_and_log_lines_are_not_the_error() -> None:
    error = read(
        "Warning: batch/v1beta1 is old\n"
        "E1126 13:05:11.123456   12 memcache.go:265] couldn't get current server API group list\n"
        'Error from server (NotFound): nodes "x" not found\n'
    )

    assert (error.kind, error.text) == ("not-found", 'The API server answered NotFound: nodes "x" not found')


def test_the_servers_own_word_is_kept() -> None:
    error = read("Error from server (Expired): The provided continue parameter is too old\n")

    assert (error.kind, error.reason) == ("other", "Expired")


@given(st.text(max_size=2000), st.integers(1, 255))
def test_whatever_it_says_becomes_one_printable_line(stderr: str, code: int) -> None:
    error = read(stderr, code)

    assert error.text
    assert len(error.text) < 1000
    assert not [sign for sign in error.text + error.next_step if ord(sign) < 32 or 0x7F <= ord(sign) <= 0x9F]
