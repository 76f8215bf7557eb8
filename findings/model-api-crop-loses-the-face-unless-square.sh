#!/usr/bin/env bash
# openvino-model-api 0.4.7: resize_type "crop" cuts out the middle of the photo for square networks only: for one of
# 96 x 112 the face in the middle of a photo in landscape is not in the picture at all, for 112 x 96 it is stretched.
#
# Expected: the largest middle part of the photo that has the network's shape, so that nothing is stretched, as sharp's
#   fit "cover" and Pillow's ImageOps.fit give it.
# Seen: it divides height by width and calls that "width / height". For a network that is wider than high it cuts a part
#   that is higher than wide, and stretches it to the sides. Where the part would be larger than the photo, as of one in
#   portrait for 112 x 96, or in landscape for 96 x 112, it begins at a negative row or column, which counts from the
#   end: the picture is a strip of the lower or right edge, stretched. The shape is right, nothing is said, and the
#   network answers. Only a network higher than wide and a photo that is so even more are right. The function for
#   devices where Python prepares the picture (NPUs) gives other pictures, wrong ones too. Square networks are right,
#   and so are "fit_to_window" and "fit_to_window_letterbox". (model_api/adapters/utils.py: crop_resize_graph,
#   crop_resize_ocv.)
# So: cut the middle out before the call and take "standard"; test with a circle in the middle of a photo in landscape
#   and of one in portrait.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-cache-dir --no-compile --disable-pip-version-check --no-deps \
  openvino-model-api==0.4.7 openvino==2026.4.1 openvino-telemetry==2025.2.0 numpy==2.4.6 pillow==13.0.0 \
  packaging==26.4 opencv-python-headless==4.14.0.94

cd "$folder"
venv/bin/python - <<'END'
import cv2
import numpy as np
import openvino as ov
from model_api.adapters import RESIZE_TYPES, OpenvinoAdapter, create_core
from openvino import opset10 as ops


def prepared(photo, width, height, kind):
    """The picture that a network of this size gets, by what model_api's models put before it."""
    entry = ops.parameter([1, 3, height, width], np.float32, "face")
    end = ops.result(ops.add(entry, ops.constant(np.float32(0))))
    entry.output(0).set_names({"face"})
    end.output(0).set_names({"answer"})
    ov.save_model(ov.Model([end], [entry], "net"), "net.xml", compress_to_fp16=False)
    adapter = OpenvinoAdapter(create_core(), "net.xml", device="CPU")
    adapter.embed_preprocessing(layout="NCHW", resize_mode=kind, interpolation_mode="LINEAR",
                                target_shape=(width, height), pad_value=0, input_dtype="u8")
    adapter.load_model()
    answer, = adapter.infer_sync({"face": photo[None]}).values()
    assert answer.shape == (1, 3, height, width)
    return answer[0].transpose(1, 2, 0)


def by_hand(photo, width, height):
    rows, columns = photo.shape[:2]
    scale = min(columns / width, rows / height)
    wide, high = round(width * scale), round(height * scale)
    left, top = (columns - wide) // 2, (rows - high) // 2
    return cv2.resize(photo[top:top + high, left:left + wide], (width, height))


def face(picture):
    """How wide and high the bright circle is, None if it is not there."""
    bright = picture[..., 0] > 127
    return (int(bright.any(0).sum()), int(bright.any(1).sum())) if bright.any() else None


print("photo      network    its face by hand  by model_api        by its OpenCV")
for rows, columns, width, height, expected in (
        (480, 640, 96, 96, None), (640, 480, 96, 96, None),
        (480, 640, 112, 96, (54, 40)), (640, 480, 112, 96, "gone"),
        (480, 640, 96, 112, "gone"), (640, 480, 96, 112, (40, 40)),
        (480, 640, 160, 80, (134, 34)), (640, 480, 160, 80, (100, 26)),
        (480, 640, 80, 160, (26, 80)), (640, 480, 80, 160, "gone")):
    y, x = np.mgrid[:rows, :columns]
    photo = np.zeros((rows, columns, 3), np.uint8)
    photo[np.hypot(x - (columns - 1) / 2, y - (rows - 1) / 2) < 100] = 255
    right, seen = face(by_hand(photo, width, height)), face(prepared(photo, width, height, "crop"))
    assert abs(right[0] - right[1]) <= 1
    other = face(RESIZE_TYPES["crop"](photo, (width, height)))
    say = lambda size: "not there" if size is None else f"{size[0]} x {size[1]}"
    print(f"{columns} x {rows}  {f'{width} x {height}':9}  {say(right):16}  {say(seen):18}  {say(other)}")
    if expected is None:
        assert seen == other == right
    else:
        assert seen == (None if expected == "gone" else expected), (rows, columns, width, height)
        assert (seen == right) == ((rows, columns, width, height) == (640, 480, 96, 112))
    assert (other == right) == (width == height), "OpenCV"
    for kind in ("fit_to_window", "fit_to_window_letterbox"):
        wide, high = face(prepared(photo, width, height, kind))
        assert abs(wide - high) <= 1, kind

# What is in the picture instead: a photo whose red tells the row and whose green tells the column.
y, x = np.mgrid[:480, :640]
places = np.stack([x // 4, x // 4, y // 2], 2).astype(np.uint8)
seen = prepared(places, 96, 112, "crop")
print(f"640 x 480 for 96 x 112: rows {2 * seen[..., 2].min():.0f} to {2 * seen[..., 2].max():.0f} of 479, "
      f"columns {4 * seen[..., 1].min():.0f} to {4 * seen[..., 1].max():.0f} of 639")
assert 2 * seen[..., 2].min() > 300 and 4 * np.ptp(seen[..., 1]) > 600
END
cat <<'END'
openvino-model-api 0.4.7. Expected: the middle of the photo, not stretched. Seen: so for square networks only. So cut it
out before the call.
END
