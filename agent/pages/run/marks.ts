import { ours, type Shown } from '@spendwise/sandbox/shown';
import { type Html, html } from '../html.ts';
import type { Verdict } from './story.ts';

interface Sign {
  readonly name: Shown;
  readonly word: Shown;
  readonly shape: Html;
}

const QUESTION = html`<path d="M-2.5-2.5q0-2.5 2.5-2.5t2.5 2.5-2.5 3V2M0 4.8v.2" class="sign"/>`;

/** Each verdict has a shape and a word of its own: none depends on colour. */
const SIGNS: Readonly<Record<Verdict, Sign>> = {
  plain: { name: ours`plain`, word: ours``, shape: html`<circle r="5" class="body"/>` },
  passed: {
    name: ours`passed`,
    word: ours`passed`,
    shape: html`<circle r="8" class="body"/><path d="M-4 0l3 3.5L4.5-3.5" class="sign"/>`,
  },
  asked: {
    name: ours`asked`,
    word: ours`asked`,
    shape: html`<path d="M0-11L11 0 0 11-11 0z" class="body"/>${QUESTION}`,
  },
  stopped: {
    name: ours`stopped`,
    word: ours`STOPPED`,
    shape: html`<path d="M-4.6-11h9.2L11-4.6v9.2L4.6 11h-9.2L-11 4.6v-9.2z" class="body"/><path d="M-4.5-4.5l9 9m0-9l-9 9" class="sign"/>`,
  },
  failed: {
    name: ours`failed`,
    word: ours`failed`,
    shape: html`<path d="M0-10L10 8h-20z" class="body"/><path d="M0-4v5M0 4.5v.2" class="sign"/>`,
  },
  unknown: {
    name: ours`unknown`,
    word: ours`not known`,
    shape: html`<circle r="8" class="body open"/>${QUESTION}`,
  },
};

export const signOf = (verdict: Verdict): Sign => SIGNS[verdict];

/** All shapes, once for a document: `mark` refers to them. */
export const markDefinitions = (): Html =>
  html`<defs>${Object.values(SIGNS).map(({ name, shape }) => html`<g id="mark-${name}" class="${name}">${shape}</g>`)}</defs>`;

export const mark = (verdict: Verdict): Html => html`<use href="#mark-${SIGNS[verdict].name}"/>`;

/** A mark in a line of text, beside the word that says the same. */
export const inlineMark = (verdict: Verdict): Html =>
  html`<svg class="inline" viewBox="-12 -12 24 24" aria-hidden="true">${mark(verdict)}</svg>`;
