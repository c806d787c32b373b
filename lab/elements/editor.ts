/** The editor for programs, loaded when somebody writes. */
import { autocompletion, closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { javascript } from '@codemirror/lang-javascript';
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
} from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Language } from './words.ts';

export interface Editor {
  /** To be put where the editor is to be. */
  readonly element: HTMLElement;
  text(): string;
  replace(text: string): void;
  destroy(): void;
}

export interface EditorOptions {
  readonly text: string;
  /** What it is, for who does not see it. */
  readonly label: string;
  readonly onChange?: (text: string) => void;
  /** Ctrl+Enter, or Cmd+Enter. */
  readonly onRun?: () => void;
  readonly extensions?: Extension;
  /** What is written in; TypeScript unless told otherwise. */
  readonly grammar?: Extension;
}

/** The same colours as in the listings. */
const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--fg-soft)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.bool, tags.null, tags.self], color: 'var(--lab-keyword)' },
  { tag: tags.propertyName, color: 'var(--fg)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--lab-string)' },
  { tag: tags.number, color: 'var(--lab-number)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', backgroundColor: 'var(--bg)', color: 'var(--fg)' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { caretColor: 'var(--accent)' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)', borderLeftWidth: '2px' },
  '.cm-gutters': {
    backgroundColor: 'var(--bg)',
    color: 'var(--fg-soft)',
    border: 'none',
  },
  '.cm-activeLine': { backgroundColor: 'color-mix(in srgb, var(--accent) 7%, transparent)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--accent) 28%, transparent) !important',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--bg)',
    color: 'var(--fg)',
    border: '1px solid var(--line)',
  },
});

/** An editor for a page in `language`, whose element will be in the tree `root`. */
export function makeEditor(options: EditorOptions, language: Language, root: ShadowRoot): Editor {
  const {
    extensions = [],
    grammar = javascript({ typescript: true }),
    label,
    onChange,
    onRun,
    text,
  } = options;
  const run = (): boolean => {
    onRun?.();
    return onRun !== undefined;
  };
  const view = new EditorView({
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        highlightActiveLine(),
        grammar,
        syntaxHighlighting(colours),
        look,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({
          'aria-label': label,
          tabindex: '0',
          lang: 'en',
          spellcheck: 'false',
        }),
        EditorView.updateListener.of(({ docChanged, state }) => {
          if (docChanged) onChange?.(state.doc.toString());
        }),
        keymap.of([
          { key: 'Mod-Enter', run },
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          indentWithTab,
        ]),
        EditorState.phrases.of(language === 'zh' ? chinesePhrases : {}),
        extensions,
      ],
    }),
  });
  return {
    element: view.dom,
    text: () => view.state.doc.toString(),
    replace: (next) =>
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    destroy: () => view.destroy(),
  };
}

const chinesePhrases: Readonly<Record<string, string>> = {
  Completions: '补全',
  'Control character': '控制字符',
};
