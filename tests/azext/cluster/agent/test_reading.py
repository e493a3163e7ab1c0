from __future__ import annotations

from typing import Any

import pytest

from aigpu_contract import __version__
from aigpu_contract.finding import Status
from aigpu_contract.labels import INSTALL_ANNOTATION
from azext_aigpu.cluster.agent.objects import path_of
from azext_aigpu.cluster.agent.status import Installation, exit_code_of, read_installation
from azext_aigpu.cluster.kubectl import KubectlError
from azext_aigpu.cluster.paging import PAGE
from tests.azext.cluster.agent import installed
from tests.azext.cluster.agent.installed import (
    CLUSTER_ROLE,
    DAEMONSET,
    OWN_POLICY,
    OWN_ROLE,
    PLUGIN,
    SETTINGS,
    pod,
    review,
)
from tests.azext.cluster.fake_kubectl import FakeKubectl


class TestReading:
    AGENT = "get --raw /apis/apps/v1/namespaces/aigpu-system/daemonsets/aigpu-agent"
    ALL = "get --ignore-not-found --show-managed-fields -o json -f -"
    PODS = f"get --raw /api/v1/namespaces/aigpu-system/pods?limit={PAGE}"
    NODES = f"get --raw /api/v1/nodes?limit={PAGE}"
    DAEMONSETS = f"get --raw /apis/apps/v1/daemonsets?limit={PAGE}"

    def play(self, fake: FakeKubectl, objects: dict[Any, Any]) -> None:
        fake.answers(self.AGENT, objects[DAEMONSET])
        fake.answers(self.ALL, {"kind": "List", "items": list(objects.values())})
        fake.answers(self.PODS, {"metadata": {}, "items": [pod(number) for number in range(3)]})
        fake.answers(self.NODES, {"metadata": {}, "items": [installed.node_body(number) for number in range(3)]})
        fake.answers(self.DAEMONSETS, {"metadata": {}, "items": [objects[DAEMONSET], objects[PLUGIN]]})

    def read(self, fake: FakeKubectl) -> Installation:
        found = read_installation(fake.kubectl)
        assert found is not None
        return found

    def test_five_calls_read_all_of_it(self, fake: FakeKubectl) -> None:
        self.play(fake, installed.objects())

        found = self.read(fake)

        assert review(found) == ()
        assert found.settings == SETTINGS
        assert len(fake.calls) == 5

    def test_without_a_record_the_rest_is_held_to_the_daemonset(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        del objects[DAEMONSET]["metadata"]["annotations"]
        objects[CLUSTER_ROLE]["rules"] = []
        self.play(fake, objects)

        findings = review(self.read(fake))

        assert [one.reason for one in findings] == ["InstallationAltered", "InstallationUndeclared"]

    def test_what_another_version_installed_is_not_called_altered(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        annotations = objects[DAEMONSET]["metadata"]["annotations"]
        annotations[INSTALL_ANNOTATION] = annotations[INSTALL_ANNOTATION].replace(__version__, "0.0.9")
        self.play(fake, objects)
        assert review(self.read(fake)) == ()

        objects[CLUSTER_ROLE]["rules"] = []
        del objects[OWN_POLICY]
        self.play(fake, objects)
        (finding,) = review(self.read(fake))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "InstallationOfAnotherVersion")
        assert finding.seen.startswith(f"installed by 0.0.9, this is {__version__}: ")
        assert "ValidatingAdmissionPolicy aigpu-agent-own-node" in finding.seen

    def test_where_one_object_may_not_be_read_the_others_are_read_alone(self, fake: FakeKubectl) -> None:
        objects = installed.objects()
        self.play(fake, objects)
        denied = 'Error from server (Forbidden): roles "aigpu-agent" is forbidden: no'
        fake._book[self.ALL] = []
        fake.fails(self.ALL, denied)
        for identity, one in objects.items():
            if identity == OWN_ROLE:
                fake.fails(f"get --raw {path_of(identity)}", denied)
            elif identity != DAEMONSET:
                fake.answers(f"get --raw {path_of(identity)}", one)

        (finding,) = review(self.read(fake))

        assert (finding.status, finding.reason) == (Status.UNKNOWN, "InstallationUnreadable")
        assert "Role aigpu-system/aigpu-agent could not be read" in finding.problem

    @pytest.mark.parametrize("answer", ["", "null", "[]", '{"kind": "List"}', '{"kind": "List", "items": [3]}'])
    def test_an_answer_that_is_no_list_of_the_objects_is_not_believed(self, fake: FakeKubectl, answer: str) -> None:
        self.play(fake, installed.objects())
        fake._book[self.ALL] = []
        fake.answers(self.ALL, answer)

        assert exit_code_of(review(self.read(fake))) == 4

    def test_nothing_installed_is_none(self, fake: FakeKubectl) -> None:
        assert read_installation(fake.kubectl) is None

    def test_an_answer_of_another_form_is_an_error(self, fake: FakeKubectl) -> None:
        fake.answers(self.AGENT, "[]")

        with pytest.raises(KubectlError):
            read_installation(fake.kubectl)
