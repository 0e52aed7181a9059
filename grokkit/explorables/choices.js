// Choices of which not every combination has something to show: where a choice leads, and how that is said.
// Places: `at` has for each choice the place of its value among its values.

import { html } from "./drawing.js";

// Of the combinations `possible`, the one with `place` in choice `which` that differs least: in fewest choices, then places.
export function nearest(possible, at, which, place) {
  const distance = (other) => other.reduce((sum, x, i) => sum + (x === at[i] ? 0 : 1000 + Math.abs(x - at[i])), 0);
  const fitting = possible.filter((other) => other[which] === place);
  return fitting.reduce((best, other) => (distance(other) < distance(best) ? other : best));
}

export const setting = (choices, at) => choices.map(({ label, values }, i) => `${label} ${values[at[i]]}`).join(", ");

export function movedNote(choices, before, after, which) {
  const named = (at, i) => `${choices[i].label} ${choices[i].values[at[i]]}`;
  const moved = choices.map((_, i) => i).filter((i) => i !== which && before[i] !== after[i]);
  if (!moved.length) return "";
  const wanted = moved.map((i) => named(before, i)).join(", ");
  return `No runs have ${named(after, which)} with ${wanted}; now ${moved.map((i) => named(after, i)).join(", ")}. `;
}

// The chosen setting, as the place of each value in its list; and back.
export const placesOf = (choices, chosen) => choices.map(({ name, values }) => values.indexOf(chosen[name]));
export const chosenAt = (choices, at) => Object.fromEntries(choices.map(({ name, values }, i) => [name, values[at[i]]]));

// Ticks the chosen radios of a form; a choice that would move others along gets a dashed frame.
export function tick(form, at, possible) {
  for (const input of form.querySelectorAll("input")) {
    const [which, place] = [Number(input.name), Number(input.value)];
    input.checked = at[which] === place;
    const wanted = String(at.with(which, place));
    input.parentElement.classList.toggle("elsewhere", !possible.some((other) => String(other) === wanted));
  }
}

// Native radio buttons: each group's name is its own because every explorable has a form of its own.
export function radios(name, label, values) {
  const options = values.map((value, i) =>
    html("label", {}, html("input", { type: "radio", name, value: i }), html("span", {}, String(value))),
  );
  return html("fieldset", {}, html("legend", {}, label), html("div", {}, ...options));
}
