// Finds packages: every word must stand somewhere in what is known of one. Names come before all else.
"use strict";
(function () {
  const MOST = 200;
  const form = document.querySelector(".search");
  const query = document.getElementById("query");
  const count = document.getElementById("count");
  const all = document.getElementById("all");
  const found = document.getElementById("found");
  const body = found.querySelector("tbody");
  const packages = window.PACKAGES;
  const texts = packages.map((row) => row.join(" ").toLowerCase());
  const names = packages.map((row) => row[0].toLowerCase());

  function rank(index, text) {
    if (names[index] === text) return 0;
    if (names[index].startsWith(text)) return 1;
    return names[index].includes(text) ? 2 : 3;
  }

  function row([name, description, tags]) {
    const line = document.createElement("tr");
    const head = document.createElement("th");
    const link = document.createElement("a");
    head.scope = "row";
    link.href = "package/" + name + "/index.html";
    link.textContent = name;
    head.append(link);
    const cells = [description, tags].map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    });
    line.append(head, ...cells);
    return line;
  }

  function search() {
    const text = query.value.trim().toLowerCase();
    all.hidden = text !== "";
    found.hidden = text === "";
    if (text === "") {
      count.textContent = "";
      return;
    }
    const words = text.split(/\s+/);
    const hits = [];
    for (let index = 0; index < texts.length; index++) {
      if (words.every((word) => texts[index].includes(word))) hits.push(index);
    }
    hits.sort((one, other) => rank(one, text) - rank(other, text) || one - other);
    body.replaceChildren(...hits.slice(0, MOST).map((index) => row(packages[index])));
    count.textContent = hits.length === 0 ? "nothing found"
      : hits.length > MOST ? `${hits.length} found, the first ${MOST} are shown` : `${hits.length} found`;
  }

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  query.addEventListener("input", search);
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) query.value = asked;
  search();
})();
