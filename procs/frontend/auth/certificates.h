/* Client certificates as credentials of the HTTP door: the handshake has verified them (http_client_ca), the common name of
 * the subject is the principal's name, who sees all namespaces until the certificate's end. */
#pragma once

#include "frontend/admission.h"

/* context NULL */
admission_judge_fn certificates_judge;
