// Looks through the camera, and at photos, for codes.
import { codeIn, prepare } from "./decoding.js";

const WIDEST_PX = 1280;
const PAUSE_MS = 120;
const WANTED = { audio: false, video: { facingMode: "environment", width: { ideal: WIDEST_PX }, height: { ideal: 720 } } };

const canvas = document.createElement("canvas");

function paint(source, width, height) {
  const scale = Math.min(1, WIDEST_PX / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

// The text of the code in a file that somebody chose, or null.
export async function codeInPhoto(file) {
  const [picture] = await Promise.all([createImageBitmap(file), prepare()]);
  return codeIn(paint(picture, picture.width, picture.height));
}

// What reads codes can be fetched before there is one; where that fails, it is tried again with the first.
export const warmUp = () => prepare().catch(() => null);

export class Camera {
  // `seen` is called with the text of each code, and with null where there is none.
  constructor(video, seen) {
    this.video = video;
    this.seen = seen;
    this.stream = null;
  }

  get isOn() {
    return this.stream !== null;
  }

  async start() {
    const [stream] = await Promise.all([navigator.mediaDevices.getUserMedia(WANTED), prepare()]);
    this.stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    this.#look(stream);
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
  }

  // One picture after the other, each only when the one before it was read.
  async #look(stream) {
    while (this.stream === stream) {
      if (this.video.videoWidth > 0) {
        const text = await codeIn(paint(this.video, this.video.videoWidth, this.video.videoHeight));
        if (this.stream === stream) await this.seen(text);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
