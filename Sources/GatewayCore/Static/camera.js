// New analysis: a photo from the camera, where the browser has one. Hands it over as a "camera-photo" event.
"use strict";

(() => {
  const line = document.getElementById("camera-line");
  const dialog = document.getElementById("camera-dialog");
  const view = document.getElementById("camera-view");
  const status = document.getElementById("camera-status");
  const takeButton = document.getElementById("camera-take");
  if (!navigator.mediaDevices?.getUserMedia || !dialog.showModal) return;
  line.hidden = false;
  let stream = null;

  const close = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    view.srcObject = null;
    if (dialog.open) dialog.close();
  };

  const open = async () => {
    dialog.showModal();
    status.textContent = "Waiting for the camera…";
    takeButton.disabled = true;
    try {
      const found = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } }, audio: false });
      stream = found;
      if (!dialog.open) return close();
      view.srcObject = found;
      await view.play();
      status.textContent = "";
      takeButton.disabled = false;
      takeButton.focus();
    } catch (error) {
      status.textContent =
        error.name === "NotAllowedError"
          ? "The browser may not use the camera. Allow it in the address bar, or choose a photo instead."
          : "No camera was found. Choose a photo instead.";
    }
  };

  const take = () => {
    const canvas = document.createElement("canvas");
    canvas.width = view.videoWidth;
    canvas.height = view.videoHeight;
    canvas.getContext("2d").drawImage(view, 0, 0);
    canvas.toBlob(
      (blob) => {
        const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
        const file = new File([blob], `camera-${time}.jpg`, { type: "image/jpeg" });
        document.dispatchEvent(new CustomEvent("camera-photo", { detail: file }));
        close();
      },
      "image/jpeg", 0.92);
  };

  document.getElementById("camera").addEventListener("click", open);
  takeButton.addEventListener("click", take);
  document.getElementById("camera-close").addEventListener("click", close);
  dialog.addEventListener("close", close);
})();
