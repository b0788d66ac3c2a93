// Finds packages: every word must stand somewhere in what is known of one. Names come before all else.
"use strict";
(function () {
  const MOST = 50;
  const form = document.querySelector(".search");
  const query = document.getElementById("query");
  const count = document.getElementById("count");
  const all = document.getElementById("all");
  const found = document.getElementById("found");
  const packages = window.PACKAGES;
  const texts = packages.map((row) => row.join(" ").toLowerCase());
  const names = packages.map((row) => row[0].toLowerCase());

  function rank(index, text) {
    if (names[index] === text) return 0;
    if (names[index].startsWith(text)) return 1;
    return names[index].includes(text) ? 2 : 3;
  }

  function row([name, description, tags]) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "package/" + name + "/index.html";
    link.textContent = name;
    const [what, about] = [description, tags].map((text) => {
      const part = document.createElement("span");
      part.textContent = text;
      return part;
    });
    about.className = "soft";
    item.append(link, " ", what, " ", about);
    return item;
  }

  // The numbers of the packages that match, the best first.
  function matches(text) {
    const words = text.split(/\s+/);
    const ranked = [[], [], [], []];
    for (let index = 0; index < texts.length; index++) {
      if (words.every((word) => texts[index].includes(word))) ranked[rank(index, text)].push(index);
    }
    return ranked.flat();
  }

  function search() {
    const text = query.value.trim().toLowerCase();
    all.hidden = text !== "";
    found.hidden = text === "";
    if (text === "") {
      count.textContent = "";
      return;
    }
    const hits = matches(text);
    found.replaceChildren(...hits.slice(0, MOST).map((index) => row(packages[index])));
    count.textContent = hits.length === 0 ? "nothing found"
      : hits.length > MOST ? `${hits.length} found, the first ${MOST} are shown` : `${hits.length} found`;
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  query.addEventListener("input", search);
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) query.value = asked;
  search();
  // Once while nobody waits: the first answer takes three times as long as the next ones.
  if (window.requestIdleCallback) requestIdleCallback(() => matches("a b"));
})();
