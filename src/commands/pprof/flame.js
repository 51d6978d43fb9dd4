"use strict";
// Zoom by a click, search by Ctrl-F or the word above: nothing is fetched, and nothing leaves the page.
var svg = document.documentElement, frames = [].slice.call(document.querySelectorAll("g.f"));
var WIDTH = 1180, LEFT = 10, focus = null, details = document.getElementById("details"), found = document.getElementById("found");
function data(g) { return { x: +g.dataset.x, w: +g.dataset.w, d: +g.dataset.d, n: g.querySelector("title").textContent }; }
var all = frames.map(data), total = all.length ? all[0].w : 1;
function fit(g, width) {
  var text = g.querySelector("text"), name = g.dataset.n, most = Math.floor((width - 6) / 7);
  text.textContent = most < 3 ? "" : name.length <= most ? name : name.slice(0, most - 2) + "..";
}
function show(at) {
  focus = at;
  var to = at === null ? { x: 0, w: total, d: 0 } : all[at];
  frames.forEach(function (g, i) {
    var of = all[i], above = of.d < to.d && of.x <= to.x && of.x + of.w >= to.x + to.w;
    var inside = of.x >= to.x && of.x + of.w <= to.x + to.w && of.d >= to.d;
    g.style.display = above || inside ? "" : "none";
    g.style.opacity = above ? 0.5 : 1;
    if (!above && !inside) return;
    var x = above ? 0 : (of.x - to.x) / to.w * WIDTH, w = above ? WIDTH : of.w / to.w * WIDTH;
    if (w < 0.2) { g.style.display = "none"; return; }
    var rect = g.querySelector("rect");
    rect.setAttribute("x", LEFT + x); rect.setAttribute("width", w);
    g.querySelector("text").setAttribute("x", LEFT + x + 3);
    fit(g, w);
  });
}
function search(word) {
  var pattern = null, sum = 0, end = -1;
  try { pattern = word ? new RegExp(word) : null; } catch (e) { found.textContent = "no pattern"; return; }
  frames.forEach(function (g, i) {
    var hit = pattern !== null && pattern.test(g.dataset.n);
    g.querySelector("rect").style.fill = hit ? "#e0e" : "";
    // Depth first: what lies within the last hit was counted with it.
    if (hit && all[i].x >= end) { sum += all[i].w; end = all[i].x + all[i].w; }
  });
  found.textContent = pattern === null ? "search" : "matched " + (100 * sum / total).toFixed(1) + "%: " + word;
}
frames.forEach(function (g, i) {
  g.addEventListener("click", function () { show(focus === i ? null : i); });
  g.addEventListener("mouseover", function () { details.textContent = all[i].n; });
});
function ask() { var word = prompt("Functions that match (a regular expression):", ""); if (word !== null) search(word); }
found.addEventListener("click", ask);
document.getElementById("reset").addEventListener("click", function () { show(null); });
window.addEventListener("keydown", function (e) {
  if (e.key === "Escape") show(null);
  if ((e.ctrlKey || e.metaKey) && e.key === "f") { e.preventDefault(); ask(); }
});
show(null);
