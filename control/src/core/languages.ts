/** Whisper's languages: code to English name, and what callers may write for either. */

/** In Whisper's own order of codes; the names are the ones that OpenAI answers with. */
const names: ReadonlyMap<string, string> = new Map([
  ["af", "afrikaans"],
  ["am", "amharic"],
  ["ar", "arabic"],
  ["as", "assamese"],
  ["az", "azerbaijani"],
  ["ba", "bashkir"],
  ["be", "belarusian"],
  ["bg", "bulgarian"],
  ["bn", "bengali"],
  ["bo", "tibetan"],
  ["br", "breton"],
  ["bs", "bosnian"],
  ["ca", "catalan"],
  ["cs", "czech"],
  ["cy", "welsh"],
  ["da", "danish"],
  ["de", "german"],
  ["el", "greek"],
  ["en", "english"],
  ["es", "spanish"],
  ["et", "estonian"],
  ["eu", "basque"],
  ["fa", "persian"],
  ["fi", "finnish"],
  ["fo", "faroese"],
  ["fr", "french"],
  ["gl", "galician"],
  ["gu", "gujarati"],
  ["ha", "hausa"],
  ["haw", "hawaiian"],
  ["he", "hebrew"],
  ["hi", "hindi"],
  ["hr", "croatian"],
  ["ht", "haitian creole"],
  ["hu", "hungarian"],
  ["hy", "armenian"],
  ["id", "indonesian"],
  ["is", "icelandic"],
  ["it", "italian"],
  ["ja", "japanese"],
  ["jw", "javanese"],
  ["ka", "georgian"],
  ["kk", "kazakh"],
  ["km", "khmer"],
  ["kn", "kannada"],
  ["ko", "korean"],
  ["la", "latin"],
  ["lb", "luxembourgish"],
  ["ln", "lingala"],
  ["lo", "lao"],
  ["lt", "lithuanian"],
  ["lv", "latvian"],
  ["mg", "malagasy"],
  ["mi", "maori"],
  ["mk", "macedonian"],
  ["ml", "malayalam"],
  ["mn", "mongolian"],
  ["mr", "marathi"],
  ["ms", "malay"],
  ["mt", "maltese"],
  ["my", "myanmar"],
  ["ne", "nepali"],
  ["nl", "dutch"],
  ["nn", "nynorsk"],
  ["no", "norwegian"],
  ["oc", "occitan"],
  ["pa", "punjabi"],
  ["pl", "polish"],
  ["ps", "pashto"],
  ["pt", "portuguese"],
  ["ro", "romanian"],
  ["ru", "russian"],
  ["sa", "sanskrit"],
  ["sd", "sindhi"],
  ["si", "sinhala"],
  ["sk", "slovak"],
  ["sl", "slovenian"],
  ["sn", "shona"],
  ["so", "somali"],
  ["sq", "albanian"],
  ["sr", "serbian"],
  ["su", "sundanese"],
  ["sv", "swedish"],
  ["sw", "swahili"],
  ["ta", "tamil"],
  ["te", "telugu"],
  ["tg", "tajik"],
  ["th", "thai"],
  ["tk", "turkmen"],
  ["tl", "tagalog"],
  ["tr", "turkish"],
  ["tt", "tatar"],
  ["uk", "ukrainian"],
  ["ur", "urdu"],
  ["uz", "uzbek"],
  ["vi", "vietnamese"],
  ["yi", "yiddish"],
  ["yo", "yoruba"],
  ["zh", "chinese"],
  ["yue", "cantonese"],
]);

/** Names that OpenAI's client library takes as well. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ["burmese", "my"],
  ["castilian", "es"],
  ["flemish", "nl"],
  ["haitian", "ht"],
  ["letzeburgesch", "lb"],
  ["mandarin", "zh"],
  ["moldavian", "ro"],
  ["moldovan", "ro"],
  ["panjabi", "pa"],
  ["pushto", "ps"],
  ["sinhalese", "si"],
  ["valencian", "ca"],
]);

const codeOfName = new Map([...otherNames, ...names.entries().map(([code, name]) => [name, code] as const)]);

export const languageCodes: readonly string[] = [...names.keys()];

/** What a model of "all" languages understands. Cantonese came with large-v3: a model that has it lists it. */
export const commonLanguageCodes: readonly string[] = languageCodes.filter((code) => code !== "yue");

/** The code for a code or an English name in any case; undefined for anything else. */
export function findLanguage(written: string): string | undefined {
  const wanted = written.trim().toLowerCase();
  return names.has(wanted) ? wanted : codeOfName.get(wanted);
}

/** "en" -> "english"; a code that is not Whisper's stays as it is. */
export function languageName(code: string): string {
  return names.get(code) ?? code;
}
