// Search from files on disk: a browser refuses a Worker there, a hidden frame does the same.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.appendChild(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) =>
        this.dispatchEvent(new MessageEvent("message", { data }));
      this.ready = new Promise((resolve, reject) => {
        const script = inside.document.createElement("script");
        script.onload = resolve;
        script.onerror = reject;
        script.src = url;
        inside.document.body.appendChild(script);
      });
    }

    postMessage(data) {
      const message = () =>
        this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
      this.ready.then(message, () => this.dispatchEvent(new Event("error")));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
