// Makes elements of the page. Everything that comes from a suite goes through here, as text.
"use strict";

/** An element: `properties` are its attributes, `parts` its content; a text is always text. */
function make(tag, properties = {}, ...parts) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    element.setAttribute(name, value);
  }
  element.append(...parts);
  return element;
}

/** The text that an element holds as gzip in base64. */
async function unpacked(element) {
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

/** Run a library that the page holds; the policy of the page allows it by its hash. */
async function runLibrary(number) {
  const element = document.querySelectorAll("script.library")[number];
  if (element) {
    const script = document.createElement("script");
    script.textContent = await unpacked(element);
    document.head.append(script);
    element.remove();
  }
}
