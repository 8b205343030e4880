"""What is known of the posture in each picture of the real clips (see README.md in their folder), and who is meant."""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perception.pose import Pose

# Half a second about each labelled change counts for neither posture: UP-Fall's times are good to 0.3 s.
UNSURE_S = 0.5
# The postures that URFD and UP-Fall have labels for, of the eyes' own.
FOLDED = {"standing": "upright", "walking": "upright", "sitting": "sitting", "lying_on_floor": "lying",
          "lying_on_furniture": "lying"}


def true_posture(row: dict, time_s: float, duration_s: float) -> str:
    """"upright", "sitting" or "lying" where a clip's label proves it at a time, else "". row: of labels.csv."""
    name = Path(row["clip"]).stem
    activity = name[8:10] if name.startswith("activity") else ""
    if row["label"] == "fall":
        if time_s > float(row["end_s"]) + UNSURE_S:
            return "lying"
        if time_s > float(row["start_s"]) - UNSURE_S or activity == "05":  # "from a chair": stands or sits before
            return ""
        # URFD's authors fell by turns from standing or walking (odd numbers) and from a chair (even ones).
        return "sitting" if not activity and int(name.split("-")[1]) % 2 == 0 else "upright"
    if activity in ("06", "07"):
        return "upright"
    # The first seconds of these are spent on sitting or lying down.
    return {"08": "sitting", "11": "lying"}.get(activity, "") if time_s > 0.2 * duration_s else ""


def of_subject(row: dict, poses: Sequence[Pose], width: int, height: int) -> list[Pose]:
    """The poses without those of the onlookers who sit at the edge in some clips (each stays where he is)."""
    if "_cam2" in row["clip"]:  # on the blue chairs at the right, feet above the lower 40 %
        return [p for p in poses if (p.box[0] + p.box[2]) / 2 < 0.75 * width or p.box[3] > 0.6 * height]
    if row["clip"] in ("urfd/fall-13.mp4", "urfd/fall-14.mp4"):  # behind the chair at the left
        return [p for p in poses if (p.box[0] + p.box[2]) / 2 > 0.16 * width]
    return list(poses)
