"""How long files last, as the benchmark asks it."""

import json
import os
import subprocess
import sys
import wave
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
SAMPLE = Path(__file__).parents[2] / "configs" / "samples" / "jfk.wav"


def ask(paths: list[Path], directory: Path) -> list[dict[str, object]]:
    wanted, answers = directory / "list.json", directory / "answers.json"
    wanted.write_text(json.dumps([str(path) for path in paths]))
    command = [sys.executable, "-m", "hum_sidecar.durations", str(wanted), str(answers)]
    # Its stdin stays open while it works: the end of that is the end of its parent.
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read().split() == [str(count + 1) for count in range(len(paths))]
    assert process.returncode == 0
    return json.loads(answers.read_text())


def test_each_file_is_answered_in_order_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    noise, narrow = tmp_path / "noise.mp3", tmp_path / "narrow.wav"
    noise.write_bytes(b"no audio at all")
    with wave.open(str(narrow), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(4 * 8000))
    missing, damaged, stereo, sample = ask([tmp_path / "missing.wav", noise, narrow, SAMPLE], tmp_path)
    assert missing == {"problem": "cannot be read: No such file or directory"}
    assert "the file is no audio that can be read" in str(damaged["problem"])
    assert stereo == {"duration_s": 1.0}
    assert sample == {"duration_s": 11.0}
