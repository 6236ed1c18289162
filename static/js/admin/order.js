// Rows of a scenario are moved up and down, and counted on: the numbers are those that the server sorts by.

"use strict";

(() => {
  const ROW = "tr.form-row:not(.empty-form)";

  function rows(group) {
    return [...group.querySelectorAll(ROW)];
  }

  function number(group) {
    rows(group).forEach((row, place) => {
      row.querySelector(".field-position input").value = place + 1;
    });
  }

  function move(group, row, step) {
    const all = rows(group);
    const other = all[all.indexOf(row) + step];
    if (!other) return;
    if (step < 0) other.before(row);
    else other.after(row);
    number(group);
  }

  function byNumber(group) {
    const wanted = (row) => Number(row.querySelector(".field-position input").value) || Infinity;
    const sorted = rows(group).sort((one, other) => wanted(one) - wanted(other));
    const last = group.querySelector("tr.empty-form");
    for (const row of sorted) last.before(row);
    number(group);
  }

  function equip(about) {
    const group = document.getElementById(`${about.dataset.orderPrefix}-group`);
    const buttons = about.querySelector("[data-order-buttons]").content;
    const addTo = (row) => {
      const cell = row.querySelector("td.field-position");
      if (!cell.querySelector("[data-move]")) cell.append(buttons.cloneNode(true));
    };
    rows(group).forEach(addTo);
    // Django leaves this heading empty.
    const heading = document.createElement("span");
    heading.className = "visually-hidden";
    heading.textContent = about.dataset.rowHeading;
    group.querySelector("th.original").append(heading);
    group.addEventListener("formset:added", (event) => {
      addTo(event.target);
      number(group);
      event.target.querySelector("textarea, input[type=text]").focus();
    });
    document.addEventListener("formset:removed", () => number(group));
    group.addEventListener("click", (event) => {
      const button = event.target.closest("[data-move]");
      if (!button) return;
      move(group, button.closest("tr"), Number(button.dataset.move));
      button.focus(); // it moved with its row
    });
    group.addEventListener("change", (event) => {
      if (event.target.closest(".field-position")) {
        byNumber(group);
        event.target.focus();
      }
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-order-prefix]").forEach(equip);
  });
})();
