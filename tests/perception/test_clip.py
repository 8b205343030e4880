"""Video files of all kinds become pictures with times, or one sentence that says why not."""
from fractions import Fraction

import av
import numpy as np
import pytest

from perception.clip import Clip, ClipError


def record(path, times_ms, size=(64, 48), codec="mpeg4"):
    """A video whose pictures get lighter and come at the times given."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=1000)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, at_ms in enumerate(times_ms):
            picture = np.full((size[1], size[0], 3), 10 + 2 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = at_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_pictures_come_at_the_rate_asked_for_with_their_own_times(tmp_path):
    clip = Clip(record(tmp_path / "even.mp4", range(0, 2000, 33)), 10.0)
    times = [time_s for time_s, _ in clip]
    assert times[0] == 0.0 and len(times) == pytest.approx(20, abs=2)
    assert np.diff(times) == pytest.approx(0.1, abs=0.034)


def test_a_variable_frame_rate_keeps_the_true_times(tmp_path):
    at_ms = [0, 40, 80, 120, 900, 940, 2000]
    times = [time_s for time_s, _ in Clip(record(tmp_path / "varying.mp4", at_ms), 30.0)]
    assert times == pytest.approx([at / 1000 for at in at_ms], abs=0.002)


def test_large_pictures_are_made_smaller_and_keep_their_shape(tmp_path):
    _, picture = next(iter(Clip(record(tmp_path / "large.mp4", [0, 40], (1920, 1080)), 10.0)))
    assert picture.shape == (540, 960, 3) and picture.dtype == np.uint8


def test_a_torn_file_gives_what_is_left_of_it(tmp_path):
    path = record(tmp_path / "torn.avi", range(0, 4000, 40))
    data = bytearray(path.read_bytes())
    data[len(data) // 3:len(data) // 3 + 400] = b"\x00\xff" * 200
    path.write_bytes(data)
    assert len(list(Clip(path, 25.0))) > 30


def test_lost_packets_of_a_broadcast_are_noted(tmp_path):
    path = tmp_path / "lost.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(30):
            noise = np.random.default_rng(number).integers(0, 255, (120, 160, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise)))
        container.mux(stream.encode())
    data = path.read_bytes()
    packets = [data[begin:begin + 188] for begin in range(0, len(data), 188)]
    path.write_bytes(b"".join(packet for number, packet in enumerate(packets) if number < 50 or number % 40))
    clip = Clip(path, 25.0)
    assert list(clip) and clip.torn
    assert clip.notes[0] == f"torn: {clip.torn} packets or pictures could not be decoded"


@pytest.mark.parametrize("content, word", [(b"", "is it a video"), (b"not a video at all" * 100, "is it a video")])
def test_what_is_no_video_is_said(tmp_path, content, word):
    (tmp_path / "bad.mp4").write_bytes(content)
    with pytest.raises(ClipError, match=word):
        list(Clip(tmp_path / "bad.mp4", 10.0))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ClipError, match="gone.mp4: No such file"):
        Clip(tmp_path / "gone.mp4", 10.0)


def test_too_few_pictures_a_second_for_a_fall_are_noted(tmp_path):
    slow, even = Clip(record(tmp_path / "slow.mp4", range(0, 5000, 500)), 10.0), Clip(
        record(tmp_path / "even.mp4", range(0, 2000, 100)), 10.0)
    assert len(list(slow)) == 10 and len(list(even)) == 20
    assert slow.notes == ["only 2.0 pictures a second: the descent of a fall may not be seen"] and even.notes == []


def test_pictures_too_small_for_a_person_are_refused(tmp_path):
    with pytest.raises(ClipError, match="small.mp4: its pictures of 16x16 are too small"):
        list(Clip(record(tmp_path / "small.mp4", [0, 40], (16, 16)), 10.0))


def test_a_raw_stream_without_times_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "raw.h264"
    with av.open(str(path), "w", format="h264") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), number, np.uint8))))
        container.mux(stream.encode())
    with pytest.raises(ClipError, match="carry no times; put them into a container"):
        list(Clip(path, 10.0))


def test_a_grey_video_has_colour_pictures_all_the_same(tmp_path):
    path = tmp_path / "grey.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "gray"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64), 90, np.uint8), format="gray")))
        container.mux(stream.encode())
    assert [picture.shape for _, picture in Clip(path, 10.0)] == [(48, 64, 3)]
