// The core's two files are asked for while the interface is still on its way: its worker then finds them in the browser's cache.
for (const id of ["core-script", "core-module"]) {
  fetch(document.getElementById(id).content, { priority: "low" }).then((answer) => answer.arrayBuffer()).catch(() => {});
}
