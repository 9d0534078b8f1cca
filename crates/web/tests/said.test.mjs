// What two people do with what was said: answered, changed, taken back, passed on, pinned, asked. Each promise is read from the other one's screen.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { fine } from "./fine.mjs";
import { act, attach, composer, details, dialog, gone, openChat, pick, say, sees, texts, two, uncover } from "./people.mjs";
import { world } from "./world.mjs";

test("a message is answered, reacted to, changed, pinned and deleted, and the other sees each of it", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await say(alice, "Shall we meet at **four**?");
        assert.equal(await (await sees(bob, "Shall we meet at four?")).locator("strong").innerText(), "four");

        // A reply, with what it answers above it; a click leads there.
        await act(bob, "Shall we meet", "Reply");
        await bob.page.locator(".target", { hasText: "Replying to Alice" }).waitFor();
        await say(bob, "Four is good");
        const reply = await sees(alice, "Four is good");
        assert.equal(await reply.locator(".quote .sender").innerText(), "You");
        assert.match(await reply.locator(".quote .quote-text").innerText(), /Shall we meet at four/);
        await reply.locator(".quote").click();
        await alice.page.locator("article.found-message", { hasText: "Shall we meet" }).waitFor();

        // A quick reaction, and one by its name.
        await act(alice, "Four is good", "👍");
        await bob.page.locator(".reaction", { hasText: "👍" }).waitFor();
        await act(bob, "Shall we meet", "More emoji");
        await dialog(bob).getByLabel("Search emoji").fill("octopus");
        await pick(bob, "octopus");
        const octopus = alice.page.locator(".reaction", { hasText: "🐙" });
        await octopus.waitFor();
        await bob.page.locator(".reaction", { hasText: "🐙" }).click();
        await gone(octopus);

        // Changed by the arrow that points at it.
        await composer(bob).press("ArrowUp");
        assert.equal(await composer(bob).inputValue(), "Four is good");
        await say(bob, "Five is better");
        const edited = await sees(alice, "Five is better");
        await edited.getByText("edited").waitFor();
        assert.equal(await alice.page.locator("article.said", { hasText: "Four is good" }).count(), 0);

        // What is known of a message: when, and who has read it; of one by somebody else that its sender was proved.
        await act(alice, "Shall we meet", "Message info");
        const facts = dialog(alice).locator("dl.facts");
        await facts.getByText("Stamped by the server", { exact: true }).waitFor();
        assert.deepEqual(await facts.locator("dt").allTextContents(), ["Sent", "Stamped by the server", "Read by"]);
        await facts.getByText("Nobody yet", { exact: true }).waitFor();
        await fine(alice.page, "what is known of a message");
        await dialog(alice).getByRole("button", { name: "Close" }).click();
        await act(bob, "Shall we meet", "Message info");
        await dialog(bob).getByText("Its sender was proved before it was shown.").waitFor();
        assert.deepEqual(await dialog(bob).locator("dl.facts dt").allTextContents(), ["Sent", "Stamped by the server"]);
        await dialog(bob).getByRole("button", { name: "Close" }).click();

        // Pinned for both, and unpinned.
        await act(alice, "Five is better", "Pin in chat");
        await bob.page.locator(".pinned", { hasText: "Five is better" }).waitFor();
        await act(bob, "Five is better", "Unpin");
        await gone(alice.page.locator(".pinned"));

        // Deleted for both; and here alone.
        await act(bob, "Five is better", "Delete");
        await pick(bob, "Delete for everyone");
        await alice.page.locator("article.said .gone", { hasText: "This message was deleted" }).waitFor();
        await act(bob, "Shall we meet", "Delete");
        assert.equal(await dialog(bob).getByRole("button", { name: "Delete for everyone" }).count(), 0);
        await pick(bob, "Delete on this device");
        await gone(bob.page.locator("article.said", { hasText: "Shall we meet" }));
        await sees(alice, "Shall we meet");
    }));

test("several messages are chosen by menu, keyboard and touch, copied, passed on and deleted together", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        for (const text of ["one", "two", "three", "four"]) {
            await say(alice, text);
        }
        await sees(bob, "four");
        // A finger that rests on a message opens its menu; one that moves on scrolls.
        const touches = (kind) =>
            bob.page.locator("article.said", { hasText: "one" }).evaluate((message, kind) => message.dispatchEvent(new Event(kind, { bubbles: true, cancelable: true })), kind);
        await touches("touchstart");
        await touches("touchmove");
        await bob.page.waitForTimeout(700);
        assert.equal(await bob.page.locator("dialog[open]").count(), 0);
        await touches("touchstart");
        await pick(bob, "Select messages");
        await touches("touchend");
        await bob.page.locator("article.said", { hasText: "three" }).click();
        const two_ = bob.page.locator("article.said", { hasText: "two" });
        await two_.focus();
        await two_.press("Space");
        await bob.page.getByText("3 selected").waitFor();
        await bob.page.getByRole("toolbar").getByRole("button", { name: "Copy text" }).click();
        assert.equal(await bob.page.evaluate(() => navigator.clipboard.readText()), "one\ntwo\nthree");
        await composer(bob).waitFor();

        // Passed on: the forwarder's own words, marked.
        await act(bob, "one", "Select messages");
        await two_.click();
        await bob.page.getByRole("toolbar").getByRole("button", { name: "Forward" }).click();
        await dialog(bob).locator("label.choice").first().click();
        await pick(bob, "Send");
        const passed = alice.page.locator("article.theirs", { hasText: "Forwarded" });
        await passed.nth(1).waitFor();
        assert.deepEqual((await passed.locator(".text").allInnerTexts()).map((text) => text.trim()), ["one", "two"]);

        // Own ones are deleted for everyone; not if one of them is the other's.
        await act(alice, "three", "Select messages");
        await alice.page.locator("article.mine", { hasText: "four" }).click();
        await alice.page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
        await pick(alice, "Delete for everyone");
        await bob.page.locator("article.said .gone").nth(1).waitFor();
        await act(alice, "Forwarded", "Select messages");
        await alice.page.locator("article.mine").first().click();
        await alice.page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
        assert.equal(await dialog(alice).getByRole("button", { name: "Delete for everyone" }).count(), 0);
        await pick(alice, "Cancel");
        await alice.page.keyboard.press("Escape");
        await composer(alice).waitFor();
        assert.deepEqual((await texts(bob)).map((text) => text.trim()), ["one", "two", "one", "two"]);
    }));

test("a poll is asked, answered and closed; a contact card, a draft, pasted and dropped files, captions and descriptions", () =>
    world(async (given) => {
        const [alice, bob] = await two(given);
        await alice.page.getByRole("button", { name: "Attach" }).click();
        await alice.page.getByRole("button", { name: "Poll" }).click();
        await dialog(alice).getByLabel("Question").fill("Which day?");
        await dialog(alice).getByLabel("Answer 1").fill("Monday");
        await dialog(alice).getByLabel("Answer 2").fill("Tuesday");
        await pick(alice, "Send");
        await bob.page.getByRole("button", { name: /Tuesday\s+Votes: 0/ }).click();
        await alice.page.getByRole("button", { name: /Tuesday\s+Votes: 1/ }).waitFor();
        await alice.page.getByRole("button", { name: "Close poll" }).click();
        await bob.page.getByText("Poll closed").waitFor();
        assert.ok(await bob.page.getByRole("button", { name: /Monday\s+Votes: 0/ }).isDisabled());

        await bob.page.getByRole("button", { name: "Attach" }).click();
        await bob.page.getByRole("button", { name: "My contact card" }).click();
        await alice.page.locator(".contact-card", { hasText: "Bob" }).getByRole("button", { name: "Ask to be contacts" }).waitFor();

        // What was begun is still there after a reload.
        await composer(alice).fill("not finished");
        await alice.page.locator(".list .draft").waitFor({ state: "attached" });
        await alice.page.reload();
        await alice.page.waitForFunction(() => document.querySelector(".composer textarea")?.value === "not finished");

        // Two pictures with a caption and a description: one pasted, one dropped.
        const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC", "base64");
        const give = (event) =>
            alice.page.evaluate(
                ([event, bytes]) => {
                    const data = new DataTransfer();
                    data.items.add(new File([new Uint8Array(bytes)], `${event}.png`, { type: "image/png" }));
                    const at = document.querySelector(event === "paste" ? ".composer textarea" : ".stream");
                    const options = { bubbles: true, cancelable: true };
                    at.dispatchEvent(event === "paste" ? new ClipboardEvent("paste", { ...options, clipboardData: data }) : new DragEvent("drop", { ...options, dataTransfer: data }));
                },
                [event, [...png]],
            );
        await give("paste");
        await give("drop");
        await alice.page.locator(".tray-item").nth(1).waitFor();
        await alice.page.getByLabel("Describe it").first().fill("A red square");
        await say(alice, "Two squares");
        await uncover(bob);
        await bob.page.getByRole("button", { name: "Open picture: A red square" }).waitFor();
        const sent = await sees(bob, "Two squares");
        assert.equal(await sent.locator(".photo-picture").count(), 2);

        // Words that come with a picture of themselves are words, a name that comes with a file is its name, and words are dropped where one writes.
        const pastes = (words) =>
            alice.page.evaluate(
                ([bytes, words]) => {
                    const data = new DataTransfer();
                    data.items.add(new File([new Uint8Array(bytes)], "table.png", { type: "image/png" }));
                    data.setData("text/plain", words);
                    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data });
                    return document.querySelector(".composer textarea").dispatchEvent(event);
                },
                [[...png], words],
            );
        assert.equal(await pastes("Monday\t4\nTuesday\t5"), true, "the browser puts the words in");
        assert.equal(await pastes("file:///pictures/table.png"), false, "it becomes a file");
        await alice.page.locator(".tray-item").waitFor();
        assert.equal(await alice.page.locator(".tray-item").count(), 1);
        await alice.page.getByRole("button", { name: "Remove table.png" }).click();
        await alice.page.evaluate(() => {
            const data = new DataTransfer();
            data.setData("text/plain", "dropped words");
            document.querySelector(".stream").dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
        });
        await alice.page.waitForFunction(() => document.querySelector(".composer textarea").value === "dropped words");
        await composer(alice).fill("");

        // What is written while a file is copied is the next message, and the caption is where Send was pressed, also when the chat is left.
        const notes = join(given.folder, "notes.txt");
        await writeFile(notes, "three lines of notes\n".repeat(3));
        for (const left of [false, true]) {
            const caption = left ? "the notes again" : "the notes";
            await alice.page.locator("#attach-file").setInputFiles(notes);
            await composer(alice).fill(caption);
            await alice.page.evaluate((left) => {
                document.querySelector(".composer .send").click();
                const area = document.querySelector(".composer textarea");
                if (left) return document.querySelector('.list [aria-label="Settings"]').click();
                area.value = "what I type meanwhile";
                area.dispatchEvent(new Event("input", { bubbles: true }));
            }, left);
            await (await sees(bob, caption)).getByRole("button", { name: /Download: notes.txt/ }).waitFor();
            if (left) await openChat(alice);
            await gone(alice.page.locator(".tray-item"));
            assert.equal(await composer(alice).inputValue(), left ? "" : "what I type meanwhile");
            await composer(alice).fill("");
        }

        // Sent as a file: every byte, under its name.
        const path = join(given.folder, "as it is.png");
        await writeFile(path, png);
        await attach(alice, "file", path);
        await bob.page.getByRole("button", { name: /Download: as it is.png/ }).waitFor();

        // A photo says where it was taken. Sent as one it does not any more; with the box ticked it keeps every byte.
        const photo = join(given.folder, "taken at.jpg");
        execFileSync("ffmpeg", ["-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=160x120", "-frames:v", "1", photo]);
        execFileSync("exiftool", ["-q", "-overwrite_original", "-n", "-GPSLatitude=51.5", "-GPSLatitudeRef=N", "-GPSLongitude=0.1", "-GPSLongitudeRef=W", photo]);
        const places = (path) => execFileSync("exiftool", ["-a", "-s", "-gps:all", path], { encoding: "utf8" }).trim();
        assert.match(places(photo), /GPSLatitude/);
        await attach(alice, "photo", photo);
        const shown = bob.page.locator("img.photo-picture");
        await shown.nth(2).waitFor({ state: "attached" });
        const bytes = await shown.nth(2).evaluate(async (image) => [...new Uint8Array(await (await fetch(image.src)).arrayBuffer())]);
        const arrived = join(given.folder, "arrived.jpg");
        await writeFile(arrived, Buffer.from(bytes));
        assert.equal(bytes.slice(0, 3).join(), "255,216,255");
        assert.equal(places(arrived), "");
        await alice.page.locator("#attach-photo").setInputFiles(photo);
        await alice.page.locator(".tray-item").getByLabel("Send as file").check();
        await alice.page.getByRole("button", { name: "Send", exact: true }).click();
        const whole = bob.page.getByRole("button", { name: /Download: taken at.jpg/ });
        const [download] = await Promise.all([bob.page.waitForEvent("download"), whole.click()]);
        assert.ok((await readFile(await download.path())).equals(await readFile(photo)), "every byte");

        // Among the files of the chat each leads to where it was said.
        await details(alice);
        await alice.page.locator(".shelf-line", { hasText: "notes.txt" }).first().getByRole("button", { name: "Show in chat" }).click();
        await alice.page.locator("article.found-message", { hasText: "notes.txt" }).waitFor();
    }));
