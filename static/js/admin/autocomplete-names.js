// Gives the admin's autocomplete fields the names of their labels: select2 leaves them without one.

"use strict";

window.addEventListener("load", () => {
  // jQuery's "ready" comes late, even after "load"; what is asked for now comes after select2 was made.
  django.jQuery(() => {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const label = document.querySelector(`label[for="${select.id}"]`);
      const shown = document.getElementById(`select2-${select.id}-container`);
      if (!label || !shown) continue;
      label.id ||= `${select.id}-label`;
      shown.setAttribute("aria-labelledby", label.id);
      shown.closest("[role=combobox]").setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    }
  });
});
