/** Its sentences about requests and log-ins, and about what was typed, in the same way. */
export const problems: Readonly<Record<string, string>> = {
  'address.bad_context': 'der phone-context ist weder eine Domain noch der Anfang einer Nummer mit +',
  'address.bad_domain': 'die Domain hat Zeichen oder leere Teile, die keine Domain hat',
  'address.bad_escape': 'nach einem % müssen zwei hexadezimale Ziffern stehen',
  'address.bad_idn': 'die Domain ist kein gültiger internationaler Domainname',
  'address.bad_ip': 'der Text in eckigen Klammern ist keine IPv6-Adresse',
  'address.bad_number': 'sie ist keine Telefonnummer; schreiben Sie sie wie +15551234',
  'address.bad_parameters': 'die Parameter der Nummer sind nicht lesbar',
  'address.bad_port': 'der Port ist keine Zahl',
  'address.bad_star':
    'der Stern steht nur für ganze Teile vor einer Domain, wie in *.example.com; alle Benutzer einer Domain werden durch example.com zugelassen',
  'address.bad_text':
    'sie hat Leerzeichen, Anführungszeichen, spitze Klammern oder Zeichen, die sich nicht anzeigen lassen',
  'address.bad_top':
    'der letzte Teil der Domain muss mit einem Buchstaben beginnen, wie in example.com, oder das Ganze muss eine IP-Adresse sein',
  'address.empty': 'sie ist leer',
  'address.local_number':
    'eine Nummer ohne + meint an jedem Ort ein anderes Telefon; schreiben Sie sie mit + oder als Nummer@Domain',
  'address.no_scheme': 'sie beginnt weder mit sip: noch mit sips: noch mit tel',
  'address.no_user': 'vor dem @ steht nichts',
  'address.nobody': 'diese Adresse haben alle, die verbergen, wer sie sind, sie nennt also niemanden',
  'address.not_here': 'niemand hat hier diesen Namen',
  'address.too_long': 'sie ist länger als 512 Byte',
  'address.two_ats': 'sie hat mehr als ein @',
  'address.with_name': 'sie hat einen Namen oder spitze Klammern; schreiben Sie nur die Adresse, wie bob@example.com',
  'address.with_password': 'vor dem @ steht ein Doppelpunkt; schreiben Sie nur die Adresse, wie bob@example.com',
  'entry.address_taken': '{address} steht schon im Eintrag {entry}; ändern Sie diesen',
  'entry.bad_address': 'die Adresse {address} lässt sich nicht verwenden: {fault}',
  'entry.bad_after': 'after ist nicht das next einer Seite',
  'entry.bad_card': 'die Karte lässt sich nicht lesen: {fault}',
  'entry.bad_friend': 'in der Spalte friend steht {cell}; schreiben Sie yes oder no',
  'entry.bad_note': 'die Notiz hat Zeichen, die sich nicht anzeigen lassen',
  'entry.bad_quotes': 'die Anführungszeichen in dieser Zeile passen nicht zusammen',
  'entry.card_without_address': 'die Karte von {name} hat weder eine SIP-Adresse noch eine Telefonnummer',
  'entry.card_without_end': 'der Karte fehlt END:VCARD',
  'entry.full': 'das Telefonbuch ist voll: Es hat {most} Einträge; entfernen Sie zuerst einige',
  'entry.full_bytes':
    'das Telefonbuch ist voll: Alle Einträge zusammen dürfen {most} MiB groß sein; entfernen Sie einige oder kürzen Sie Notizen',
  'entry.large_file': 'die Datei ist größer als 1 MiB; teilen Sie sie auf',
  'entry.long_address': 'die Adresse {address} ist länger als {most} Byte',
  'entry.long_note': 'die Notiz ist länger als {most} Byte',
  'entry.long_uri': 'die Adresse {address} ist als URI geschrieben länger als {most} Byte',
  'entry.no_address': 'ein Eintrag braucht eine Adresse, etwa bob@example.com oder +15551234',
  'entry.no_address_column':
    'die erste Zeile nennt keine Spalte „address“; sie muss display,address,note,friend lauten',
  'entry.no_header': 'der Datei fehlt die Kopfzeile; die erste Zeile muss display,address,note,friend lauten',
  'entry.no_vcard': 'die Datei enthält keine vCard; eine solche beginnt mit BEGIN:VCARD',
  'entry.not_utf8': 'die Datei ist nicht in UTF-8; speichern Sie sie als UTF-8 (Unicode)',
  'entry.text_outside': 'außerhalb einer Karte steht Text; er wurde ausgelassen',
  'entry.too_many_addresses': 'ein Eintrag hat höchstens {most} Adressen',
  'entry.too_many_cells': 'die Zeile hat mehr Zellen als die Kopfzeile',
  'entry.too_many_merged': 'der Eintrag {entry} hätte dann mehr als {most} Adressen',
  'entry.whole_domain': 'die Adresse {address} nennt eine ganze Domain; schreiben Sie sie wie bob@example.com',
  'problem.address': '{address} kann nicht zugelassen werden: {fault}.',
  'problem.bad_address': 'Es wurde nichts geändert. {faults}',
  'problem.bad_after': 'after ist nicht das next einer Seite. Nehmen Sie next der Seite davor.',
  'problem.bad_before': 'before muss die Kennung eines Eintrags dieser Liste sein. Nehmen Sie next der Seite davor.',
  'problem.bad_format': 'format muss vcard oder csv sein.',
  'problem.bad_friends': 'friends muss true oder false sein. Lassen Sie es für alle weg.',
  'problem.bad_json':
    'Der Rumpf ist nicht das JSON-Objekt, das hierher gehört ({fault}). Vergleichen Sie ihn mit /api/v1/openapi.yaml.',
  'problem.bad_limit': 'limit muss eine Zahl von 1 bis 200 sein. Lassen Sie es für 50 weg.',
  'problem.bad_member':
    'Ein Feld ist zu lang oder hat Zeichen, die dort nicht hingehören. Vergleichen Sie es mit /api/v1/openapi.yaml.',
  'problem.bad_origin':
    'Das Feld origin muss die einbettende Website nennen, wie die Adressen ihrer Seiten beginnen: https://intranet.example. Berichtigen Sie es.',
  'problem.bad_password':
    'Das neue Passwort muss mindestens 8 Zeichen und darf höchstens 1024 Byte haben. Wählen Sie ein anderes.',
  'problem.calls_not_yours':
    'Die Anrufe aller Benutzer sind der Verwaltung vorbehalten. Ihre eigenen stehen unter /api/v1/history.',
  'problem.cut_off': 'Die Datei ist nicht vollständig angekommen. Senden Sie sie noch einmal.',
  'problem.decisions_not_yours':
    'Entscheidungen über die Telefone anderer darf nur die Verwaltung lesen. Lassen Sie user für Ihre eigenen weg.',
  'problem.exists': 'Es wurde nichts geändert: {fault}.',
  'problem.fault':
    'Das Gateway hat einen Fehler gemacht. Versuchen Sie es noch einmal; geschieht es wieder, nennen Sie der Systemverwaltung die Kennung der Anfrage.',
  'problem.file_too_large':
    'Die Datei ist größer als 1 MiB; mehr wird nicht auf einmal importiert. Teilen Sie sie auf.',
  'problem.fixed':
    'Das legt die Konfigurationsdatei des Gateways fest, deshalb lässt es sich hier nicht ändern. Bitten Sie die Systemverwaltung, die Datei zu ändern.',
  'problem.forbidden_group':
    'Die Systemverwaltung lässt nicht zu, dass jemand die Gruppe {group} zulässt. Lassen Sie sie ausgeschaltet oder fragen Sie dort nach.',
  'problem.foreign_member': 'Das Feld {member} gehört nicht zu {do}. Lassen Sie es weg.',
  'problem.key_may_not_open':
    'Dieser API-Schlüssel darf weder auf einem Tischtelefon annehmen noch dessen Mikrofon einschalten. Erzeugen Sie einen mit `ringsplash apikey add NAME --right calls --right open --user USER` oder drücken Sie es auf der Seite.',
  'problem.key_no_calls':
    'Dieser API-Schlüssel hat kein Recht auf Anrufe. Erzeugen Sie einen mit `ringsplash apikey add NAME --right calls --user USER`.',
  'problem.key_no_messages':
    'Dieser API-Schlüssel hat kein Recht auf Nachrichten. Machen Sie einen mit `ringsplash apikey add NAME --right messages --user USER`.',
  'problem.key_no_tokens':
    'Dieser API-Schlüssel darf keine Token anfordern. Erzeugen Sie einen mit `ringsplash apikey add NAME --right embed`.',
  'problem.key_of_others':
    'Dieser API-Schlüssel ist nicht für den Benutzer der Anfrage. Berichtigen Sie den Namen oder erzeugen Sie einen Schlüssel mit --user für ihn.',
  'problem.key_of_several':
    'Dieser API-Schlüssel ist für mehrere Benutzer. Sagen Sie, wessen Anrufe gemeint sind: ?user=NAME.',
  'problem.login_from_elsewhere':
    'Passwörter werden nur von der Seite des Gateways selbst angenommen, und die Anfrage kam von der Seite einer anderen Website. Öffnen Sie das Telefon unter seiner eigenen Adresse; Seiten eingetragener Websites melden mit Token an.',
  'problem.long_query': 'q ist länger als 200 Byte. Suchen Sie nach weniger Wörtern.',
  'problem.method_not_allowed': 'Diese Adresse kennt diese Methode nicht. Der Header Allow nennt die, die sie kennt.',
  'problem.metrics_not_yours':
    'Die Messwerte sind der Verwaltung und Programmen auf dem Rechner des Gateways vorbehalten. Fragen Sie von dort.',
  'problem.missing_member': 'Das Feld {member} fehlt, das {do} braucht. Senden Sie es mit.',
  'problem.no_address': 'Diese Adresse gibt es nicht. Die Schnittstelle ist unter /api/v1/openapi.yaml beschrieben.',
  'problem.no_address_given':
    '{text} ist keine Adresse: {fault}. Schreiben Sie den Namen von jemandem hier oder eine Adresse wie bob@example.com.',
  'problem.no_interworking':
    'Keines Ihrer Tischtelefone darf automatisch annehmen, also gibt es nichts zuzulassen. Erlauben Sie das zuerst einem Tischtelefon unter „Ihre Telefone“.',
  'problem.no_keys': 'Dieses Gateway nimmt keine API-Schlüssel an. Starten Sie es mit `ringsplash serve`.',
  'problem.no_messages': 'Dieses Gateway bewahrt keine Nachrichten auf.',
  'problem.no_policy':
    'Dieses Gateway lässt kein Telefon automatisch annehmen, also gibt es nichts zuzulassen. Fragen Sie die Systemverwaltung.',
  'problem.no_search': 'Nennen Sie in q ein Wort, nach dem gesucht wird.',
  'problem.no_such_call':
    'Einen solchen Anruf haben Sie nicht, oder er ist schon zu lange her. Was daraus wurde, steht in der Anrufliste unter /api/v1/history.',
  'problem.no_such_user':
    'Das Gateway hat keinen Benutzer mit dem Namen im Feld user. Legen Sie ihn mit `ringsplash user add` an oder berichtigen Sie den Namen.',
  'problem.no_version':
    'Sagen Sie, welche Version Sie geändert haben: Senden Sie ihr ETag als If-Match, damit niemandes Änderung verloren geht.',
  'problem.no_websocket': 'Hier werden nur WebSockets bedient. Das Protokoll ist in docs/protocol.md beschrieben.',
  'problem.no_with': 'Nennen Sie in with die andere Seite: eine Adresse, einen Namen oder eine Nummer.',
  'problem.node_stopping':
    'Das Gateway wird angehalten. Nehmen Sie einen anderen Knoten oder warten Sie auf seinen Neustart.',
  'problem.not_admin':
    'Das ist der Verwaltung vorbehalten. Bitten Sie dort darum oder nehmen Sie einen API-Schlüssel, der mit --right admin erzeugt wurde.',
  'problem.not_found': 'Unter diesem Namen gibt es nichts. Rufen Sie die Liste noch einmal ab und wählen Sie daraus.',
  'problem.not_importable':
    'Nur vCard- und CSV-Dateien lassen sich importieren. Senden Sie eine mit Content-Type: text/vcard oder text/csv.',
  'problem.not_json': 'Der Rumpf muss JSON sein. Senden Sie ihn mit Content-Type: application/json.',
  'problem.not_logged_in': 'Sie sind nicht angemeldet, oder Ihre Anmeldung ist abgelaufen. Melden Sie sich wieder an.',
  'problem.not_trusted':
    'Skripte von {origin} dürfen weder auf einem Tischtelefon annehmen, noch dessen Mikrofon einschalten, noch Einstellungen ändern. Betten Sie das Telefon mit <ringsplash-phone> ein, wo im Rahmen des Telefons selbst geklickt wird, oder bitten Sie die Systemverwaltung des Gateways, für diesen Ursprung unter http.embed_origins trusted: true zu setzen.',
  'problem.not_valid':
    'Die Änderung wurde nicht ausgeführt: {fault}. Berichtigen Sie den Wert und senden Sie ihn noch einmal.',
  'problem.origin_not_listed':
    'Das Gateway lässt Seiten von {origin} das Telefon nicht einbetten. Bitten Sie seine Systemverwaltung, diesen Ursprung unter http.embed_origins einzutragen.',
  'problem.own_user':
    'Sich selbst können Sie nicht entfernen. Bitten Sie jemand anderen aus der Verwaltung darum oder nehmen Sie `ringsplash user remove`.',
  'problem.refused': 'Die Anfrage wurde abgelehnt: {why}. Was erwartet wird, steht in /api/v1/openapi.yaml.',
  'problem.shutting_down': 'Das Gateway wird angehalten. Verbinden Sie sich in einer halben Minute wieder.',
  'problem.store_away':
    'Das Gateway erreicht seinen Speicher nicht, deshalb ließ sich das nicht nachsehen oder ändern. Versuchen Sie es in ein paar Sekunden noch einmal.',
  'problem.too_large': 'Die Anfrage ist größer als 64 KiB, mehr, als hier je nötig ist. Senden Sie weniger.',
  'problem.too_many_addresses':
    'Es wurde nichts geändert: Höchstens 200 Adressen können zugelassen werden. Lassen Sie statt einzelner Benutzer eine ganze Domain zu.',
  'problem.too_many_attempts':
    'Es gab zu viele Fehlversuche. Warten Sie ein paar Sekunden und versuchen Sie es noch einmal.',
  'problem.too_many_keys':
    'Es gab zu viele falsche API-Schlüssel. Warten Sie ein paar Sekunden und versuchen Sie es noch einmal.',
  'problem.too_many_logins':
    'Im Augenblick melden sich zu viele an. Versuchen Sie es in ein paar Sekunden noch einmal.',
  'problem.too_many_streams':
    'Zu viele Ereignisströme dieses Benutzers sind offen. Schließen Sie einen und versuchen Sie es noch einmal.',
  'problem.too_many_tabs': 'Zu viele Seiten dieses Telefons sind offen. Schließen Sie einige und laden Sie diese neu.',
  'problem.version_conflict':
    'Das wurde inzwischen geändert, vielleicht von Ihnen in einem anderen Fenster. Rufen Sie es noch einmal ab und wiederholen Sie Ihre Änderung.',
  'problem.wrong_host':
    'Die Anfrage gilt einem Host, der nicht dieses Gateway ist. Öffnen Sie das Telefon unter einem Namen des Gateways oder bitten Sie die Systemverwaltung, diesen Namen unter http.names einzutragen.',
  'problem.wrong_key':
    'Die Anfrage braucht einen API-Schlüssel dieses Gateways: Authorization: Bearer rsk_... Erzeugen Sie einen mit `ringsplash apikey add NAME`.',
  'problem.wrong_login': 'Der Name oder das Passwort ist falsch. Prüfen Sie beides und versuchen Sie es noch einmal.',
  'problem.wrong_origin':
    'Die Anfrage kam von der Seite einer anderen Website oder sagte nicht, woher. Öffnen Sie das Telefon unter seiner eigenen Adresse oder bitten Sie die Systemverwaltung, die Website unter http.embed_origins einzutragen.',
  'problem.wrong_password':
    'Das bisherige Passwort ist falsch, deshalb wurde das Passwort nicht geändert. Geben Sie es noch einmal ein.',
  'token.bad_jti':
    'Das Token braucht einen Claim jti von 1 bis {bytes} Byte, den kein anderes Token hat, etwa eine zufällige UUID.',
  'token.bad_origin':
    'Der Claim origin des Tokens ist kein Ursprung. Schreiben Sie die einbettende Website wie https://intranet.example.',
  'token.bad_signature':
    'Die Signatur des Tokens ist falsch oder anders gebildet als mit {algorithms}. Prüfen Sie, ob der öffentliche Schlüssel unter http.embed_keys zu dem gehört, mit dem die Website signiert.',
  'token.expired':
    'Das Token ist älter als fünf Minuten. getToken muss bei jedem Aufruf ein neues holen; tut es das, vergleichen Sie die Uhren der beiden Server.',
  'token.in_future': 'Das Token beginnt in der Zukunft. Vergleichen Sie die Uhren der beiden Server.',
  'token.lacks_claims':
    'Dem Token fehlt der Claim sub (der Name des Benutzers) oder origin (die einbettende Website, etwa https://intranet.example). Nehmen Sie beide auf.',
  'token.login_over': 'Die Anmeldung dieser Seite ist abgelaufen. getToken muss ein neues Token holen.',
  'token.malformed':
    'Das ist kein Token: weder eines von POST /api/v1/embed-tokens noch ein signiertes (JWT). getToken muss allein das Token zurückgeben, als Text.',
  'token.no_exp': 'Das Token hat keinen Claim exp. Setzen Sie ihn auf höchstens fünf Minuten in der Zukunft.',
  'token.no_keys':
    'Das Token ist ein signiertes, und das Gateway hat keinen Schlüssel, um es zu prüfen. Tragen Sie den öffentlichen Schlüssel der Website unter http.embed_keys des Gateways ein.',
  'token.no_parent': 'Die Seite hat nicht gesagt, in welche Website sie eingebettet ist. Laden Sie sie neu.',
  'token.no_such_user':
    'Das Gateway hat keinen Benutzer mit dem Namen im Token. Legen Sie ihn mit `ringsplash user add` an oder berichtigen Sie den Namen, den die Website in ihre Token schreibt.',
  'token.none_taken': 'Dieses Gateway nimmt keine Token an. Starten Sie es mit `ringsplash serve`.',
  'token.not_usable': 'Das Token ist nicht zu gebrauchen. Es muss ein JWT mit sub, origin, exp und jti sein.',
  'token.other_kind_of_page':
    'Diese Anmeldung gehört zu einer Seite anderer Art. getToken muss ein Token für diese holen.',
  'token.other_site':
    'Das Token ist für {origin}, und diese Seite gehört zu {from}. Die Website muss ihre Token mit ihrem eigenen Ursprung anfordern.',
  'token.too_far_ahead':
    'Das Token endet in mehr als fünf Minuten. Setzen Sie exp auf höchstens fünf Minuten in der Zukunft.',
  'token.too_long':
    'Das Token ist länger als {bytes} Byte. Lassen Sie Claims weg, die das Gateway nicht braucht: Es sieht auf sub, origin, exp und jti.',
  'token.unknown':
    'Dieses Gateway kennt das Token nicht: Es wurde vor mehr als einer Stunde oder anderswo erzeugt. getToken muss bei jedem Aufruf ein neues von POST /api/v1/embed-tokens dieses Gateways holen.',
  'token.unknown_key':
    'Das Token nennt den Schlüssel {key} (kid), der nicht unter http.embed_keys des Gateways steht. Signieren Sie mit einem, der dort steht, oder tragen Sie ihn ein.',
  'token.used':
    'Das Token wurde schon benutzt, und ein Token gilt einmal. getToken muss bei jedem Aufruf ein neues holen; sorgen Sie dafür, dass unterwegs nichts die Antwort zwischenspeichert.',
  'token.wrong_algorithm':
    'Das Token ist mit {algorithm} signiert, und der Schlüssel {key} ist für {right}. Signieren Sie damit oder berichtigen Sie http.embed_keys.',
  'token.wrong_audience':
    'Das Token ist für einen anderen Empfänger (aud). Lassen Sie aud weg oder setzen Sie es auf {audience}.',
  'user.bad_device_id': 'Gerätekennung {id}: erlaubt sind a-z, 0-9, Punkt, Unterstrich und Minus, höchstens 64',
  'user.bad_name': 'Benutzername {name}: erlaubt sind a-z, 0-9, Punkt, Unterstrich und Minus, höchstens 64',
  'user.bad_number': 'Nummer {number} von Benutzer {user}: erlaubt sind Ziffern, *, # und +, höchstens 32',
  'user.bad_profile': 'Profil {profile}: erlaubt sind a-z, 0-9, Punkt, Unterstrich und Minus',
  'user.bad_text': 'der Anzeigename {text} hat Zeichen, die sich nicht anzeigen lassen',
  'user.bad_unmute_key': 'Taste {key} zum Einschalten des Mikrofons: erlaubt ist eine von 0-9 * # A-D oder {none}',
  'user.bad_while_busy': '{choice} gibt es für ein besetztes Telefon nicht; schreiben Sie {one} oder {other}',
  'user.device_is_tab': 'die Gerätekennung {id} bedeutet ein Browserfenster; nehmen Sie eine andere',
  'user.empty_display': 'der Anzeigename ist leer',
  'user.empty_password': 'das Passwort ist leer',
  'user.empty_secret': 'das SIP-Passwort ist leer',
  'user.long_text': 'der Anzeigename ist länger als 200 Byte',
  'user.no_password': 'Benutzer {user} hat kein Passwort',
  'user.no_secret': 'Gerät {device} hat kein SIP-Passwort',
  'user.number_taken': 'die Nummer {number} gehört {user}',
  'user.same_secret':
    'die Geräte {one} und {other} von Benutzer {user} haben dasselbe SIP-Passwort und sind deshalb nicht zu unterscheiden',
  'user.secret_taken': 'Gerät {device} hat dasselbe SIP-Passwort; die beiden Telefone wären nicht zu unterscheiden',
  'user.two_devices': 'Benutzer {user} hat zwei Geräte {device}',
  'user.user_exists': 'den Benutzer {user} gibt es schon',
};
