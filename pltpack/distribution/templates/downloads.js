// Shows first what runs on the reader's computer. Without this script everything is in the table all the same.
"use strict";
(function () {
  const box = document.getElementById("yours");
  const list = document.getElementById("yours-list");
  const about = navigator.userAgentData;
  const text = ((about && about.platform) || navigator.platform || "") + " " + navigator.userAgent;
  const system = /win/i.test(text) && !/darwin/i.test(text) ? "windows"
    : /mac|iphone|ipad/i.test(text) ? "macosx" : /linux/i.test(text) && !/android/i.test(text) ? "linux" : "";

  function show(machine) {
    list.replaceChildren();
    for (const row of document.querySelectorAll("tr.installer")) {
      const [its, processor] = row.dataset.platform.split(" ");
      if (!system || its !== system || (machine && processor && processor !== machine)) continue;
      const item = document.createElement("li");
      const link = row.querySelector("a").cloneNode(true);
      link.textContent = row.dataset.name;
      item.append(link, " ", row.querySelector(".number").textContent);
      list.append(item);
    }
    box.hidden = list.children.length === 0;
  }

  const guess = /aarch64|arm64/i.test(text) ? "aarch64" : /x86_64|x64|win64|amd64/i.test(text) ? "x86_64" : "";
  show(system === "macosx" ? "" : guess);
  if (about && about.getHighEntropyValues) {
    about.getHighEntropyValues(["architecture", "bitness"]).then((values) => {
      const machine = values.architecture === "arm" ? "aarch64" : values.bitness === "32" ? "i386" : "x86_64";
      if (values.architecture) show(machine);
    });
  }
})();
