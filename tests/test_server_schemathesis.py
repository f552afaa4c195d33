"""Requests that a fuzzer makes of TGI's own specification: no answer is a 5xx, and every one is as it is described."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from served_nano import process
from tgi_spec import SPEC, corrected


@pytest.mark.slow
@pytest.mark.skipif(not SPEC.exists(), reason=f"TGI's specification is not there: {SPEC.name}")
def test_a_fuzzer_finds_no_failure_and_no_reply_that_the_specification_does_not_describe(
    tmp_path: Path,
):
    pytest.importorskip("schemathesis")
    document = tmp_path / "tgi.json"
    document.write_text(json.dumps(corrected(most_tokens=8)), "utf-8")
    with process("-m", "nano", "--max-total-tokens", "256") as server:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", str(document), "-u", server.url, "--seed", "7",
             "-c", "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance",
             "--phases", "fuzzing", "--max-examples", "15", "--generation-database", "none", "--no-color"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        with server.open("/metrics") as reply:
            rows = reply.read().decode()
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    answered = set(re.findall(r'route="([^"]+)",status="200"', rows))
    assert answered > {
        "/generate",
        "/generate_stream",
        "/tokenize",
        "/v1/chat/completions",
        "/v1/completions",
    }
