import { world } from "./world.mjs";
import { befriend, openChat, person, say, sees, signUp } from "./people.mjs";
import { writeFile } from "node:fs/promises";
import { execFileSync } from "node:child_process";
await world(async ({ url, browser }) => {
  const wrong = [];
  const [alice, bob] = [await person(browser, url, "Alice", { wrong }), await person(browser, url, "Bob", { wrong, size: { width: 390, height: 800 } })];
  await signUp(alice); await signUp(bob);
  await befriend(alice, bob);
  await openChat(alice); await openChat(bob);
  await say(alice, "hello Bob, **this** is Alice. Have a look at https://example.org/a and `code`");
  await say(bob, "hello Alice");
  await say(bob, "- one\n- two\n\n> quoted");
  await sees(alice, "quoted");
  execFileSync("ffmpeg", ["-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=1600x1200", "-frames:v", "1", "/tmp/pic.jpg"]);
  execFileSync("ffmpeg", ["-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=640x360:duration=8:rate=25", "-pix_fmt", "yuv420p", "/tmp/film.mp4"]);
  await alice.page.locator("#attach-photo").setInputFiles("/tmp/pic.jpg");
  await alice.page.screenshot({ path: "/tmp/s-tray.png" });
  await alice.page.getByRole("button", { name: "Send", exact: true }).click();
  try { await bob.page.locator(".photo-picture").first().waitFor({ timeout: 20000 }); } catch (e) { console.log(String(e).slice(0,200)); }
  await bob.page.waitForTimeout(3000);
  console.log(await bob.page.locator(".photo-picture").evaluateAll(all => all.map(i => [i.src, i.naturalWidth, i.complete])));
  await alice.page.locator("#attach-photo").setInputFiles("/tmp/film.mp4");
  await alice.page.getByRole("button", { name: "Send", exact: true }).click();
  try { await bob.page.locator(".film").first().waitFor({ timeout: 20000 }); } catch (e) { console.log(String(e).slice(0,200)); }
  await bob.page.waitForTimeout(3000);
  console.log(await bob.page.locator(".film").evaluateAll(all => all.map(i => [i.src, i.duration, i.readyState, i.error && i.error.message])));
  await alice.page.screenshot({ path: "/tmp/s-alice.png" });
  await bob.page.screenshot({ path: "/tmp/s-bob.png" });
  console.log(wrong);
});
