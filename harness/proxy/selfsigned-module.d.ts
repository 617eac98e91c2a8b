/** What is used of selfsigned 5.5.0, whose own types let anything pass. */
declare module 'selfsigned' {
  type Extension =
    | { name: 'basicConstraints'; cA: boolean; critical: boolean }
    | { name: 'keyUsage'; digitalSignature: boolean; critical: boolean }
    | { name: 'extKeyUsage'; serverAuth: boolean }
    | { name: 'subjectAltName'; altNames: ({ type: 2; value: string } | { type: 7; ip: string })[] };

  /** All PEM. */
  export function generate(
    subject: { name: 'commonName'; value: string }[],
    options: {
      keyType: 'ec';
      curve: 'P-256';
      algorithm: 'sha256';
      notBeforeDate: Date;
      notAfterDate: Date;
      extensions: Extension[];
    },
  ): Promise<{ cert: string; private: string; public: string }>;
}
