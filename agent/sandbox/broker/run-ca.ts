import { webcrypto } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/** Valid from a day before until a day after: the clock of the container engine may be wrong. */
const DAY_MS = 86_400_000;
const EC = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGN = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface RunCa {
  /** The CA's certificate, PEM: what the workload trusts. */
  readonly certificate: string;
  /** Key and certificate for a granted name. The CA's own key is never written anywhere. */
  issue(domain: string): Promise<Required<Pick<SecureContextOptions, 'key' | 'cert'>>>;
}

/**
 * A certificate authority for one run, in memory, that can speak for the granted names and no others: name constraints
 * permit those, and exclude every address.
 */
export async function createRunCa(domains: readonly string[]): Promise<RunCa> {
  // Some 60 ms to import: only for a run that terminates TLS.
  await import('reflect-metadata');
  const [x509, { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints }, { AsnConvert }] =
    await Promise.all([
      import('@peculiar/x509'),
      import('@peculiar/asn1-x509'),
      import('@peculiar/asn1-schema'),
    ]);
  const validity = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
  const newKeys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const name = 'CN=SpendWise broker';
  const subtree = (base: ConstructorParameters<typeof GeneralName>[0]) =>
    new GeneralSubtree({ base: new GeneralName(base) });
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    signingAlgorithm: SIGN,
    ...validity,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      new x509.Extension(
        '2.5.29.30',
        true,
        AsnConvert.serialize(
          // #region names
          new NameConstraints({
            permittedSubtrees: new GeneralSubtrees([
              ...domains.map((dNSName) => subtree({ dNSName })),
              // Permitting DNS names leaves other kinds free: each gets one that nobody has.
              subtree({ rfc822Name: 'nobody.invalid' }),
              subtree({ uniformResourceIdentifier: 'nobody.invalid' }),
            ]),
            excludedSubtrees: new GeneralSubtrees([
              subtree({ iPAddress: '0.0.0.0/0' }),
              subtree({ iPAddress: '::/0' }),
            ]),
          }),
          // #endregion
        ),
      ),
    ],
  });
  return {
    certificate: ca.toString('pem'),
    async issue(domain) {
      const leafKeys = await newKeys();
      const leaf = await x509.X509CertificateGenerator.create({
        subject: `CN=${domain.slice(0, 64)}`,
        issuer: name,
        publicKey: leafKeys.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: SIGN,
        ...validity,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: domain }]),
        ],
      });
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', leafKeys.privateKey)).toString(
        'base64',
      );
      return {
        cert: leaf.toString('pem'),
        key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
      };
    },
  };
}
