"""The demonstration's video shows what the site lets be shown."""
import av
import numpy as np
import pytest
import rclpy
from anban_interfaces.msg import People
from figures import HOME
from sensor_msgs.msg import Image

from perception.privacy import blank
from perception.video_node import VideoNode
from robot.ros import pixels, stamp


@pytest.mark.parametrize("shown, kept", [("picture", True), ("skeleton", False)])
def test_where_only_skeletons_may_be_shown_no_picture_is_kept(tmp_path, monkeypatch, shown, kept):
    site = HOME.model_copy(update={"privacy": HOME.privacy.model_copy(update={"snapshot": shown})})
    monkeypatch.setattr("perception.video_node.load_site", lambda path: site)
    rclpy.init(args=["--ros-args", "-p", f"path:={tmp_path / 'seen.mp4'}", "-p", "site:=home.yaml"])
    node = VideoNode()
    try:
        node.trigger_configure()
        picture = np.zeros((240, 320, 3), np.uint8)
        picture[:, :160] = 255
        for number in range(1, 12):
            image = Image(height=240, width=320, step=960, encoding="rgb8", data=pixels(picture))
            people = People()
            image.header.stamp = people.header.stamp = stamp(number * 0.3)
            node._on_image(image)
            node._on_people(people)
        node.trigger_shutdown()
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    with av.open(str(tmp_path / "seen.mp4")) as video:
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in video.decode(video=0)]
    assert frames
    grey = blank(picture.shape)
    assert (np.abs(frames[0] - grey).mean() > 60) == kept
