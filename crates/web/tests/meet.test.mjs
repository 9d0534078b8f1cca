// Ways in: a code before the camera, a code in a picture, and what another app shares.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import test from "node:test";
import { accept, composer, dialog, makeLink, openChat, person, say, sees, signUp } from "./people.mjs";
import { DEVICES, launch, world } from "./world.mjs";

/** Opens the way to read a code. */
async function scan(who) {
    await who.page.getByRole("button", { name: "Add a friend" }).first().click();
    await who.page.getByRole("button", { name: "Scan a QR code" }).click();
}

test("a friend's code is read by the camera, without one from a picture, and what another app shares finds its chat", () =>
    world(async ({ url, browser, wrong, folder }) => {
        const alice = await person(browser, url, "Alice", { wrong });
        await signUp(alice);
        await makeLink(alice, "Bob");
        await alice.page.getByRole("button", { name: "Show QR code" }).first().click();
        const [code, film] = [join(folder, "code.png"), join(folder, "code.y4m")];
        await dialog(alice).locator(".qr").screenshot({ path: code });
        await alice.page.keyboard.press("Escape");

        // The camera sees it.
        const size = "scale=480:480,pad=640:480:80:0:gray";
        execFileSync("ffmpeg", ["-loglevel", "error", "-y", "-loop", "1", "-i", code, "-vf", size, "-frames:v", "20", "-pix_fmt", "yuv420p", film]);
        const sighted = await launch(...DEVICES, `--use-file-for-fake-video-capture=${film}`);
        // No camera at all.
        const blind = await launch();
        try {
            const bob = await person(sighted, url, "Bob", { wrong, permissions: ["camera"] });
            await signUp(bob);
            await scan(bob);
            await bob.page.getByText("Asked. You can chat when they accept.").waitFor();
            await accept(alice);
            await openChat(alice, "Bob");
            await openChat(bob, "Alice");
            await say(bob, "by the camera");
            await sees(alice, "by the camera");

            await makeLink(alice, "Carol");
            await alice.page.getByRole("button", { name: "Show QR code" }).first().click();
            await dialog(alice).locator(".qr").screenshot({ path: code });
            await alice.page.keyboard.press("Escape");
            const carol = await person(blind, url, "Carol", { wrong });
            await signUp(carol);
            await scan(carol);
            await dialog(carol).getByText("The camera cannot be used.").waitFor();
            await dialog(carol).locator("#scan").setInputFiles(code);
            await carol.page.getByText("Asked. You can chat when they accept.").waitFor();
            await accept(alice);
            await openChat(carol, "Alice");

            // A browser offers to install the page.
            const devtools = await bob.page.context().newCDPSession(bob.page);
            const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
            // Nothing is installed from a private window, which is what tests use.
            assert.deepEqual(installabilityErrors.map((error) => error.errorId).filter((id) => id !== "in-incognito"), []);

            // As a browser does it when another app shares: a form to the address in the manifest.
            const target = await bob.page.evaluate(async () => {
                await navigator.serviceWorker.ready;
                const manifest = await (await fetch(document.querySelector("link[rel=manifest]").href)).json();
                const { action, method, params } = manifest.share_target;
                const form = new FormData();
                form.append(params.text, "a page I read");
                form.append(params.url, "https://page.example/story");
                form.append(params.files[0].name, new File(["hello"], "hello.txt", { type: "text/plain" }));
                return (await fetch(action, { method, body: form })).url;
            });
            // What stands behind `#` is not told to scripts.
            assert.equal(target, `${url}/`);
            await bob.page.goto(`${url}/#/share`);
            await bob.page.getByText("hello.txt").waitFor();
            await bob.page.locator(".page .line-button", { hasText: "Alice" }).click();
            await bob.page.locator(".tray-item", { hasText: "hello.txt" }).waitFor();
            assert.equal(await composer(bob).inputValue(), "a page I read\nhttps://page.example/story");
            await bob.page.getByRole("button", { name: "Send", exact: true }).click();
            await openChat(alice, "Bob");
            const shared = await sees(alice, "a page I read");
            await shared.getByRole("button", { name: /hello.txt/ }).waitFor();
            assert.equal(await shared.locator("a[href='https://page.example/story']").count(), 1);
        } finally {
            await sighted.close();
            await blind.close();
        }
    }));
