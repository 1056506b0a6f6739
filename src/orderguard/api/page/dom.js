// Elements from data. Text goes in as text: nothing that a channel sends is ever read as HTML.

const SVG = 'http://www.w3.org/2000/svg';

export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  const present = children.flat(2).filter((child) => child !== null && child !== undefined);
  element.append(...present);
  return element;
}

export function find(id) {
  return document.getElementById(id);
}

// Change a text only where it is another one, so that nothing is laid out or said for nothing.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Put these children, each of which has its own key, in this order, moving as few as possible.
export function arrange(parent, children) {
  let place = parent.firstElementChild;
  for (const child of children) {
    if (child === place) place = place.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  while (place) {
    const next = place.nextElementSibling;
    place.remove();
    place = next;
  }
}
